import { describe, expect, it } from "vitest";
import { warningsOf } from "../../../modules/review/warnings.js";
import type { ReviewFacts } from "../../../modules/review/facts.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { spread } from "../../support/servers.js";
import { exampleConfig, exampleKeyFile, exampleBackup, exampleSshKey, type Overrides } from "../../support/config.js";

/** Settings of an environment for which the review reports no warning. */
const silent: Overrides<EnvironmentInput> = {
  application: { sha256: "1".repeat(64) },
  administrators: { cidrs: ["198.51.100.7/32"], sshKeys: { jane: exampleSshKey } },
  backup: exampleBackup,
  backend: {
    acceptLocalState: undefined,
    type: "s3",
    bucket: "foobar-state",
    endpoint: "https://fsn1.your-objectstorage.com",
    region: "fsn1",
  } as unknown as Overrides<EnvironmentInput["backend"]>,
};

const nothingWrong: ReviewFacts = { payloads: [], policies: [], hasDatadogApiKey: true, today: new Date("2026-12-01") };

const warnings = (
  overrides: Overrides<EnvironmentInput>,
  facts: Partial<ReviewFacts> = {},
  environment = "production",
) =>
  warningsOf(exampleConfig({ ...silent, ...overrides }, environment), { ...nothingWrong, ...facts }).map(
    ({ setting, text }) => `${setting} ${text}`,
  );

describe("warnings", () => {
  const migration = {
    network: { balancerIp: "10.0.1.6" },
    loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } },
  } as const;
  const restore = { timeline: "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", at: "latest" };

  it.each<[warning: string, overrides: Overrides<EnvironmentInput>]>([
    ["backup is not set: data lost by a wrong DELETE", { backup: undefined }],
    ["restore is set: the first member gets", { restore }],
    ["loadBalancer.formerly is set: diagram and cost include the previous load balancer", migration],
    [
      "application.sha256 is the example's, so servers will reject the download; set the digest of your release from `npm run app:build`",
      { application: {} },
    ],
    ["protect is false: one `destroy` or one wrong plan can delete servers and data", { protect: false }],
    [
      "administrators.cidrs is empty, so nobody can log in: SSH is closed, and root has no password. Servers get networks and keys only when they are created or replaced\nadministrators.sshKeys are installed but useless while administrators.cidrs is empty",
      { administrators: { sshKeys: { jane: exampleSshKey } } },
    ],
    [
      "backend is local: the state, with every secret, is a file on this machine without locking; use an s3 backend",
      { backend: {} },
    ],
    [
      "monitoring.enabled is false: failures of the site, a server or the database cause no alert",
      { monitoring: { enabled: false } },
    ],
    ["backups is false: Hetzner keeps no copy of the servers' disks", { backups: false }],
    [
      "serverType cx33 was sold out everywhere on 2026-09-29; if Hetzner rejects it, use cpx32, which is at least as large",
      { serverType: "cx33" },
    ],
  ])("the only warning of the configuration review is: %s", (warning, overrides) => {
    const found = warnings(overrides);
    expect(found).toHaveLength(warning.split("\n").length);
    expect(found.join("\n").slice(0, warning.length)).toBe(warning);
  });

  it("the configuration review has no warnings for a complete configuration", () => {
    expect(warnings({})).toEqual([]);
  });

  it("the configuration review warns of a system disk that is too small for a base backup of a full data volume", () => {
    const room = (type: string, volumeSizeGb: number) => warnings({ serverType: type, database: { volumeSizeGb } });
    expect(room("cpx22", 70)).toEqual([]);
    expect(room("cpx22", 71)).toEqual([
      expect.stringMatching(
        /^database\.volumeSizeGb is 71, .*; cpx22 has about 70 GB\. .* set a serverType with a larger/,
      ),
    ]);
    expect(room("cpx32", 71)).toEqual([]);
  });

  it("the configuration review warns of locations whose loss stops a site in several locations", () => {
    const hel1 = { ...silent.backend, endpoint: "https://hel1.your-objectstorage.com", region: "hel1" } as never;
    const placed = (alpha: string, bravo: string, charlie: string) => ({
      servers: { alpha: { location: alpha }, bravo: { location: bravo }, charlie: { location: charlie } },
    });
    expect(warnings({ ...spread, backend: hel1 })).toEqual([]);
    expect(warnings({ ...spread, ...placed("nbg1", "fsn1", "nbg1"), backend: hel1 })).toEqual([
      "servers if nbg1 is lost, the site stops: no majority of the database members left; place members in three locations, and web servers and load balancers in two",
    ]);
    expect(warnings({ ...placed("nbg1", "fsn1", "hel1"), backend: hel1 })).toEqual([
      expect.stringMatching(/^servers if nbg1 is lost, the site stops: no load balancer left; place members/),
    ]);
  });

  it("the configuration review warns if the Terraform state is in the location of a load balancer, because its loss then requires a command", () => {
    expect(warnings(spread)).toEqual([
      "backend has its bucket in fsn1, where a load balancer is: if fsn1 is lost, only `npm run ops balancers` works; use a bucket in another location",
    ]);
    expect(warnings({})).toEqual([]);
  });

  it("the configuration review warns if a signed address of the release will expire", () => {
    const url = "https://storage.foobar.com/release.tar.gz?X-Amz-Expires=600&X-Amz-Signature=0123";
    expect(warnings({ application: { ...silent.application, url } })).toEqual([
      expect.stringMatching(/^application\.url is signed and will expire/),
    ]);
    expect(warnings({ application: { ...silent.application, url: "https://storage.foobar.com/r?v=1" } })).toEqual([]);
  });

  it("the configuration review warns of hosts that Cloudflare's certificate of the zone does not cover, and shows the remedy", () => {
    const deep = (domain: string, zoneName?: string) => warnings({ domain, cloudflare: { zoneName } });
    expect(deep("foobar.com")).toEqual([]);
    expect(deep("shop.example.org")).toEqual([]);
    expect(deep("example.org", "example.org")).toEqual([]);
    expect(deep("shop.example.org", "example.org")).toEqual([
      "cloudflare.zoneName is example.org, whose certificate at Cloudflare does not cover www.shop.example.org: order a certificate with Advanced Certificate Manager, or create a separate zone for shop.example.org",
    ]);
    expect(deep("a.shop.example.org", "example.org")).toEqual([
      "cloudflare.zoneName is example.org, whose certificate at Cloudflare does not cover www.a.shop.example.org and a.shop.example.org: order a certificate with Advanced Certificate Manager, or create a separate zone for a.shop.example.org",
    ]);
  });

  it("the configuration review warns of a planned downtime only if the downtime has ended", () => {
    const downtime = (end: string) => ({ reason: "new disks for everybody", start: "2026-11-30T20:00:00Z", end });
    const downtimes = { past: downtime("2026-11-30T23:59:59Z"), present: downtime("2026-12-01T00:00:01Z") };
    expect(warnings({ monitoring: { downtimes } })).toEqual([
      "monitoring.downtimes.past ended at 2026-11-30T23:59:59Z and mutes no alerts: change the times, or remove the entry",
    ]);
    expect(warnings({ monitoring: { enabled: false, downtimes } }).join()).not.toContain("downtimes");
  });

  it("the configuration review warns of a missing Datadog key, and in staging of missing urgent receivers", () => {
    expect(warnings({}, { hasDatadogApiKey: undefined })).toEqual([]);
    expect(warnings({}, { hasDatadogApiKey: false })).toEqual([
      "TF_VAR_datadog_api_key is not set: the agents stay off, so no server is monitored",
    ]);
    expect(warnings({ protect: true, monitoring: { receivers: { urgent: [] } } }, {}, "staging")).toEqual([
      "monitoring.receivers.urgent is empty: urgent alerts are sent only to monitoring.receivers.notUrgent",
    ]);
  });

  it("the configuration review warns that a key or Debian's support ends, from 180 days before the end and afterwards", () => {
    const on = (day: string, overrides: Overrides<EnvironmentInput> = {}) =>
      warnings(overrides, { today: new Date(`${day}T12:00:00Z`) });
    expect(on("2027-04-26")).toEqual([]);
    expect(on("2027-04-27")).toEqual([
      expect.stringMatching(/^key of MySQL's apt repository ends on 2027-10-23 .*npm run ops upgrade$/),
    ]);
    expect(on("2027-10-24")).toEqual([expect.stringContaining("ended on 2027-10-23")]);
    expect(on("2028-02-12")).toContainEqual(expect.stringMatching(/^security support of Debian 13 ends on 2028-08-09/));
    const ofKeys = (lines: readonly string[]) => lines.filter((line) => line.startsWith("key"));
    expect(ofKeys(on("2033-01-01"))).toHaveLength(2);
    expect(ofKeys(on("2033-01-01", { monitoring: { enabled: false } }))).toHaveLength(1);
  });

  it("the configuration review warns of the end of a configured key, and ignores keys in files", () => {
    const publishedKey = { url: "https://repo.mysql.com/next", fingerprints: ["A".repeat(40)], ends: "2029-10-23" };
    const today = new Date("2028-01-01");
    expect(warnings({ aptSources: { mysql: { publishedKey } } }, { today })).toEqual([]);
    expect(warnings({ aptSources: { mysql: { keyFile: exampleKeyFile } } }, { today })).toEqual([]);
  });

  it("the configuration review warns of a payload close to Hetzner's limit", () => {
    const payloads = [28_000, 29_000, 29_100].map((bytes, index) => ({
      server: `web-${index}`,
      bytes,
      hash: "0123456789ab",
    }));
    expect(warnings({}, { payloads })).toEqual([
      "payload of web-1, web-2 has up to 28.4 KiB, more than 28.0 KiB; Hetzner's limit is 32.0 KiB",
    ]);
  });
});
