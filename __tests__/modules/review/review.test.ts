import { describe, expect, it } from "vitest";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { renderReview, review, reviewWidth, type ReviewFacts } from "../../../modules/review/index.js";
import { exampleConfig, exampleMove, type Overrides } from "../../support/config.js";
import { spread } from "../../support/servers.js";

const facts: ReviewFacts = {
  payloads: ["alpha", "bravo", "charlie"].map((server) => ({ server, bytes: 12_800, hash: "0123456789ab" })),
  policies: [
    { policy: "ssh-not-from-the-world", description: "ssh-not-from-the-world holds", outcome: "passed" },
    { policy: "server-placed", description: "server-placed holds", outcome: "passed" },
    {
      policy: "state-shared",
      description: "state-shared holds",
      outcome: "accepted",
      details: ["the state is a local file"],
    },
  ],
  hasDatadogApiKey: true,
  today: new Date("2026-12-01"),
};
const example = review(exampleConfig(), facts);
const text = renderReview(example, { color: false });
const lines = text.split("\n");

describe("the review's data", () => {
  it("the data of the configuration review have one row per server, with its payload", () => {
    expect(example.servers).toHaveLength(3);
    expect(example.servers[0]).toEqual({
      name: "alpha",
      type: "cpx22",
      location: "nbg1",
      roles: ["web", "database"],
      privateIp: "10.0.1.11",
      payload: { server: "alpha", bytes: 12_800, hash: "0123456789ab" },
    });
  });

  it("the data of the configuration review have one row per traffic rule of the configuration", () => {
    const passthrough = review(exampleConfig({ tls: "passthrough" }), facts);
    expect(passthrough.traffic).toHaveLength(example.traffic.length + 1);
    expect(example.traffic[0]).toEqual({
      from: "balancer",
      to: "web",
      network: "private",
      ports: "tcp 80",
      users: [],
      why: "visitors' requests and the health check",
    });
  });

  const storage = { endpoint: "https://nbg1.your-objectstorage.com", region: "nbg1", bucket: "foobar-releases" };
  const migration = {
    network: { balancerIp: "10.0.1.6" },
    loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } },
  } as const;

  it.each<[row: string, settings: Overrides<EnvironmentInput>, text: string | undefined]>([
    ["TLS", {}, "terminated by the load balancer (terminate); visitors from TLS 1.2, Cloudflare to origin strict"],
    ["Origin proof", {}, "a secret header that only Cloudflare adds"],
    ["Origin proof", { tls: "passthrough" }, "Cloudflare's client certificate"],
    ["Certificate", {}, "Cloudflare Origin CA, 365 days, generation 1"],
    ["Certificate", { certificate: { validityDays: 90 } }, "Cloudflare Origin CA, 90 days, generation 1"],
    [
      "Location",
      {},
      "nbg1; if it is lost, the site stops: no load balancer, no web server, no majority of the database members left",
    ],
    ["Location", spread, undefined],
    ["Migration", {}, undefined],
    ["Migration", migration, "from the load balancer at 10.0.1.5, TLS terminated by the load balancer (terminate)"],
    [
      "Migration",
      exampleMove,
      "from the load balancer at 10.0.1.5, TLS terminated by the load balancer (terminate); www.foobar.com and foobar.com then redirect to www.foobar.net",
    ],
    [
      "Release",
      { application: { url: undefined, storage } },
      "private, in foobar-releases at https://nbg1.your-objectstorage.com; every server has the key TF_VAR_release_key (npm run ops rotate release-key)",
    ],
    [
      "Protected",
      {},
      "servers (delete, rebuild), volumes, primary addresses, network, load balancer, DNS records, database passwords",
    ],
    ["Protected", { protect: false }, "nothing"],
  ])(
    "the row %s of the configuration review's summary has, with the settings %j, the text: %s",
    (row, settings, text) => {
      expect(Object.fromEntries(review(exampleConfig(settings), facts).summary)[row]).toBe(text);
    },
  );

  it("if there are several locations, the configuration review shows the effects of the loss of each location", () => {
    const { servers, sections } = review(exampleConfig(spread), facts);
    expect(servers.map(({ location }) => location)).toEqual(["nbg1", "fsn1", "hel1"]);
    expect(sections.map(({ rows }) => rows.map((row) => row.slice(0, 4)))).toEqual([
      [
        ["nbg1", "2 of 3", "1 of 2", "1 of 2"],
        ["fsn1", "2 of 3", "1 of 2", "1 of 2"],
        ["hel1", "2 of 3", "2 of 2", "2 of 2"],
      ],
    ]);
    expect(example.sections).toEqual([]);
  });
});

describe("the review as text", () => {
  it("the text of the configuration review fits 120 columns and one page of 60 lines", () => {
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(reviewWidth);
    expect(lines.length).toBeLessThanOrEqual(60);
  });

  it("the text of the configuration review has no colours by default", () => {
    const escape = String.fromCharCode(27);
    expect(text).not.toContain(escape);
    expect(renderReview(example, { color: true })).toContain(escape);
  });

  it("the text of the configuration review has no trailing spaces", () => {
    expect(lines.filter((line) => /\s$/.test(line))).toEqual([]);
  });

  it("the text of the configuration review shows servers with payload size and hash", () => {
    expect(lines).toContain(" alpha    cpx22  nbg1      web, database  10.0.1.11        12.5 KiB  0123456789ab");
  });

  it("the text of the configuration review counts passed policies and lists the other policies by name", () => {
    expect(text).toContain("2 passed; state-shared accepted by the configuration");
  });

  it("the text of the configuration review shows the date of the price list", () => {
    expect(text).toContain("about 82.58 EUR a month (net, without VAT; prices of 2026-09-29): 3 x cpx22: 58.47;");
  });

  it("the text of the configuration review reports a price that is not in the price list", () => {
    const large = review(exampleConfig({ loadBalancer: { type: "lb21" } }), facts);
    expect(renderReview(large, { color: false })).toMatch(/load balancer lb21:\s+not in the price list/);
  });

  it("the text of the configuration review shows the number of warnings, or that there are no warnings", () => {
    expect(text).toContain(`Warnings: ${example.warnings.length}`);
    expect(renderReview({ ...example, warnings: [] }, { color: false })).toContain("\nNo warnings.\n");
  });

  it("the text of the configuration review shows sections that other modules add", () => {
    const sections = [{ title: "Monitors", columns: ["area", "monitors"], rows: [["website", "5"]] }];
    const withMonitors = renderReview(review(exampleConfig(), { ...facts, sections }), { color: false });
    expect(withMonitors).toContain("Monitors\n area     monitors\n website  5\n");
  });
});
