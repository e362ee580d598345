import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { exampleBackup, exampleMove, exampleSshKey } from "../../../support/config.js";
import { linesOf, type Mistake } from "../mistake.js";

/** Values that mistakes.txt refers to by their name. */
const named = {
  sshKey: exampleSshKey,
  recipient: exampleBackup.recipients[0],
  backup: exampleBackup,
  timeline: "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4",
  move: exampleMove,
  formerly: exampleMove.loadBalancer.formerly,
  visitor: { path: "/orders", body: '{"what":"{text}"}', table: "orders", column: "what" },
  nextKey: { url: "https://repo.mysql.com/next", fingerprints: ["A".repeat(40)], ends: "2029-10-23" },
  releases: { endpoint: "https://fsn1.your-objectstorage.com", region: "fsn1", bucket: "foobar-releases" },
  s3: {
    ...{ type: "s3", bucket: "foobar-state", endpoint: "https://fsn1.your-objectstorage.com", region: "fsn1" },
    acceptLocalState: "<removed>",
  },
};
const anchors = Object.entries(named).map(([name, value]) => `${name}: &${name} ${JSON.stringify(value)}\n`);

/** Returns the value with `undefined` in place of each text `<removed>`. */
const withRemovals = (value: unknown): unknown => {
  if (value === "<removed>") return undefined;
  if (Array.isArray(value)) return value.map(withRemovals);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withRemovals(inner)]));
};
const mistakeOf = (text: string): Mistake => {
  const { mistake } = parse(`${anchors.join("")}mistake:\n  ${text}\n`, { merge: true }) as { mistake: unknown };
  return withRemovals(mistake) as Mistake;
};

/** Returns web servers with consecutive addresses that begin with 10.0.2.1. */
const webServers = (count: number, more: (index: number) => object): Mistake =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `web-${index}`,
      { roles: ["web"], privateIp: `10.0.${2 + Math.floor(index / 250)}.${1 + (index % 250)}`, ...more(index) },
    ]),
  );
/** Network settings with enough addresses for many web servers. */
const network = { subnet: "10.0.0.0/22", databaseRange: "10.0.1.8/29", webRange: "10.0.2.0/23" };
const groupsOfTen = (index: number): object => ({ placementGroup: `group-${Math.floor(index / 10)}` });

const text = readFileSync(new URL("mistakes.txt", import.meta.url), "utf8");
const cases = [...text.matchAll(/^([^#\s].*)\n((?: {2}.*\n)*)/gm)].map(([, mistake = "", lines = ""]) => ({
  mistake,
  lines: lines
    .split("\n")
    .slice(0, -1)
    .map((line) => line.slice(2)),
}));

describe("mistakes in an environment's file", () => {
  it.each(cases)("the configuration check reports every problem of the mistake $mistake", ({ mistake, lines }) => {
    expect(lines).not.toEqual([]);
    expect(linesOf(mistakeOf(mistake))).toEqual(lines);
  });

  it("the configuration check suggests the smallest load balancer type that supports all web servers, if such a type exists", () => {
    // The three servers of the example environment are also web servers, so `count` includes them.
    const suggested = (count: number) =>
      linesOf({ network, servers: webServers(count - 3, groupsOfTen) }).map((line) => line.split("; ")[1]);
    expect([25, 75, 76, 151].map(suggested)).toEqual([
      [],
      ["choose lb21"],
      ["choose lb31"],
      ["remove the role web from some servers"],
    ]);
  });

  it("the configuration check reports too many servers, ports, bytes of a body, characters of a key and used addresses", () => {
    const ports = (network: number) => [0, 1, 2, 3].map((port) => 9000 + 10 * network + port);
    const egress = Array.from({ length: 10 }, (_, last) => ({ cidr: `198.51.100.${last}/32`, ports: ports(last) }));
    const narrow = { ...network, webRange: "10.0.2.0/30" };
    const tooMany: readonly Mistake[] = [
      { network, servers: webServers(8, () => ({})) },
      { network, servers: webServers(24, groupsOfTen) },
      { network: narrow, servers: webServers(5, (index) => ({ privateIp: `10.0.2.${index}` })) },
      { application: { egress } },
      { application: { visitor: { ...named.visitor, body: `{text}${"x".repeat(64 * 1024)}` } } },
      { administrators: { sshKeys: { jane: `${exampleSshKey} ${"x".repeat(5000)}` } } },
    ];
    expect(tooMany.flatMap((mistake) => linesOf(mistake)).map((line) => line.replace(/, got .*;/, ";"))).toEqual([
      "servers: must contain at most 10 servers in placement group servers; set another placementGroup for the newest servers",
      "loadBalancer.type: must support 27 web servers as targets, but this type supports 25; choose lb21",
      "servers.web-4.privateIp: must lie inside network.webRange (10.0.2.0/30), because its only role is web; widen the range: it has no free address",
      "application.egress: must contain at most 30 ports in total, because Hetzner's firewall needs one rule per port; list fewer ports, or combine networks",
      "application.visitor.body: must have at most 64 KiB, the limit of all requests; write a shorter body",
      "administrators.sshKeys.jane: must have at most 4096 characters; shorten the comment after the key",
    ]);
  });

  it.each([
    'application: { environment: { SMTP_PASS: "/run/credentials/smtp", API_KEY: "" } }',
    'application: { command: ["/opt/vendor/bin/serve"] }',
    'application: { writePaths: ["/orders"], visitor: *visitor }',
    'application: { writePaths: ["/orders/"], visitor: { <<: *visitor, path: "/orders/new" } }',
    'application: { pagePath: "/static/start", statusPath: "/static/status" }',
    '{ application: { pagePath: "/index.php" }, cloudflare: { firewall: { expression: "ssl" } } }',
    "application: { secrets: { PAYMENT_KEY: { maxBytes: 64 } }, environment: { LOG_FILE: x, PAYMENT_FILE_KEY: x, PAYMENT_KEY: x } }",
    `cloudflare: { firewall: { expression: 'http.request.uri.path contains "(" or http.host eq r#"")"#' } }`,
    'monitoring: { synthetics: { intervalSeconds: 3600 }, monitors: { visitors-gone: { reason: "the site is internal", enabled: false } } }',
    'backup: { <<: *backup, endpoint: "https://minio.foobar.com", region: "home" }',
    '{ backend: *s3, backup: { <<: *backup, endpoint: "https://minio.foobar.com", region: home, bucket: "foobar-state" } }',
    'backup: { <<: *backup, bucket: "fsn" }',
    'backup: { <<: *backup, endpoint: "https://fsn1.your-objectstorage.com.foobar.com", region: "home" }',
    'backup: { <<: *backup, endpoint: "https://proxy.fsn1.your-objectstorage.com", region: "home" }',
    "{ acceptNoBackup: false, backup: { <<: *backup, retentionDays: 2, baseHours: 48 } }",
    '{ servers: { charlie: <removed>, drill: { privateIp: "10.0.1.13" } } }',
    ...["latest", "2026-12-01T20:00:00Z", "2026-12-01T20:00:00.25Z", `before ${named.timeline}:4711`].map(
      (at) => `{ backup: *backup, restore: { timeline: *timeline, at: "${at}" } }`,
    ),
    '{ backup: *backup, restore: { timeline: *timeline, at: latest, excludeServers: [alpha], excludeLogs: ["alpha/000012-0123456789abcdef"], uploadedBefore: "2026-12-01T20:00:00Z", branch: "0123456789abcdef" } }',
    "{ <<: *move }",
    'cloudflare: { zoneName: "foobar.com" }',
    '{ <<: *move, loadBalancer: { number: 2, formerly: { <<: *formerly, domain: "shop.foobar.com", zoneName: "foobar.com" } } }',
    // The memory of a server is checked only for the services that run on it.
    '{ servers: { delta: { roles: [web], privateIp: "10.0.1.134", type: cpx12 } }, database: { bufferPoolMib: 1024 } }',
    "{ serverType: cpx32, servers: { alpha: { roles: [database], type: cpx22 } }, application: { memoryMib: 3000 } }",
  ])("the configuration check accepts the settings %s", (settings) => {
    expect(linesOf(mistakeOf(settings))).toEqual([]);
  });

  it("the configuration check reports more than 1,000 settings of an environment as one problem", () => {
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`setting${index}`, 1]));
    expect(linesOf(many)).toEqual([
      expect.stringMatching(/^default export: must have at most 1000 entries, got \d+; list only what is needed/),
    ]);
  });

  it("the configuration check does not show the passphrase of an unknown setting", () => {
    const lines = linesOf({ passphrase: "correct horse", statePassphrase: "battery staple" }).join("\n");
    expect(lines).toContain("passphrase: is not a known setting");
    expect(lines).not.toMatch(/horse|staple/);
  });
});
