import { describe, expect, it } from "vitest";
import { settings } from "../../../modules/config/settings.js";
import { exampleSshKey } from "../../support/config.js";
import { linesOf, type Mistake } from "./mistake.js";

const servers = (count: number, server: (index: number) => object): Mistake =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `more-${index}`,
      { privateIp: `10.0.1.${index + 130}`, roles: ["web"], ...server(index) },
    ]),
  );
const groups = (index: number): object => ({ placementGroup: `group-${Math.floor(index / 10)}` });
const members = (count: number): Mistake =>
  servers(count - 3, (index) => ({ privateIp: `10.0.1.${index + 2}`, roles: ["database"], placementGroup: "more" }));
/** Address range that has room for more members than the limit allows. */
const wide = { databaseRange: "10.0.1.0/28", balancerIp: "10.0.1.20" };

it.each<[what: string, allowed: Mistake, refused: Mistake, path: string]>([
  [
    "memory of the application",
    { application: { memoryMib: 2432 } },
    { application: { memoryMib: 2433 } },
    "application.memoryMib",
  ],
  [
    "memory of the application with a worker",
    { application: { memoryMib: 2304, workers: { mail: { command: ["./mail"] } } } },
    { application: { memoryMib: 2305, workers: { mail: { command: ["./mail"] } } } },
    "application.memoryMib",
  ],
  [
    "buffer pool",
    { database: { bufferPoolMib: 1408 } },
    { database: { bufferPoolMib: 1409 } },
    "database.bufferPoolMib",
  ],
  ["servers of a placement group", { servers: servers(7, () => ({})) }, { servers: servers(8, () => ({})) }, "servers"],
  ["load balancer targets", { servers: servers(22, groups) }, { servers: servers(23, groups) }, "loadBalancer.type"],
  ["database members", { network: wide, servers: members(9) }, { network: wide, servers: members(11) }, "servers"],
])("the configuration check accepts the maximum of %s and rejects more", (_, allowed, refused, path) => {
  expect(linesOf(allowed)).toEqual([]);
  expect(linesOf(refused)).toEqual([expect.stringMatching(new RegExp(`^${path}: must `))]);
});

describe("numbers", () => {
  /** Minimum and maximum of all numeric settings, except thresholds of monitors. */
  const bounds: Readonly<Record<string, readonly [least: number, most: number]>> = {
    "application.memoryMib": [128, 65_536],
    "application.workers.mail.memoryMib": [32, 65_536],
    "application.schedules.report.memoryMib": [32, 65_536],
    "application.secrets.PAYMENT_KEY.maxBytes": [1, 4096],
    "application.visitor.status": [200, 399],
    "database.volumeSizeGb": [10, 10_240],
    // The maximum depends on the server's memory. Another test checks this maximum.
    "database.bufferPoolMib": [128, Infinity],
    "backup.baseHours": [1, 168],
    "backup.retentionDays": [1, 365],
    "loadBalancer.healthCheck.intervalSeconds": [3, 60],
    "loadBalancer.healthCheck.timeoutSeconds": [1, 60],
    "loadBalancer.healthCheck.retries": [1, 5],
    "visitors.writesPerMinute": [1, 6000],
    "monitoring.serviceLevels.availabilityPercent": [50, 99.999],
    "monitoring.serviceLevels.latencyPercent": [50, 99.999],
    "monitoring.serviceLevels.latencySeconds": [0.01, 30],
    "monitoring.synthetics.intervalSeconds": [30, 604_800],
    "certificate.generation": [1, 1000],
    "generations.edgeToken": [1, 1000],
    "generations.databasePasswords": [1, 1000],
    "generations.databaseAuthority": [1, 1000],
    "generations.originPullAuthority": [1, 1000],
    "generations.sshHostKeys": [1, 1000],
    "backend.encryption.generation": [1, 1000],
    "cloudflare.hsts.maxAgeSeconds": [0, 63_072_000],
    "cloudflare.rateLimit.requestsPer10Seconds": [1, 1_000_000],
  };
  const anyNames: Readonly<Record<string, string>> = { workers: "mail", schedules: "report", secrets: "PAYMENT_KEY" };

  /** Returns the problems that concern the number. Ignores problems of other settings, for example missing required settings. */
  const wrongWith = (path: string, value: number): readonly string[] => {
    const written = path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Mistake;
    return linesOf(written).filter((line) => /: must be \S+ or (less|more),/.test(line) && line.startsWith(`${path}:`));
  };

  it("the limits in these tests cover all numeric settings", () => {
    const numbers = settings()
      .filter(({ type, path }) => ["integer", "number"].includes(type) && !path.includes("monitors"))
      .map(({ path }) => path.map((key, index) => (key === "*" ? anyNames[path[index - 1] ?? ""] : key)).join("."));
    expect(Object.keys(bounds).sort()).toEqual([...numbers].sort());
  });

  it.each(Object.entries(bounds))(
    "the setting %s accepts only values from its minimum to its maximum",
    (path, [least, most]) => {
      const step = [least, most].every((bound) => bound === Infinity || Number.isInteger(bound)) ? 1 : 0.001;
      expect(wrongWith(path, least)).toEqual([]);
      expect(wrongWith(path, least - step)).toEqual([expect.stringContaining(`: must be ${least} or more`)]);
      if (most === Infinity) return;
      expect(wrongWith(path, most)).toEqual([]);
      expect(wrongWith(path, most + step)).toEqual([expect.stringContaining(`: must be ${most} or less`)]);
    },
  );
});

const numbered = <Value>(count: number, value: (index: number) => Value): readonly Value[] =>
  Array.from({ length: count }, (_, index) => value(index));
const named = (count: number, name: string, value: unknown): Mistake =>
  Object.fromEntries(numbered(count, (index) => [`${name}${index}`, value]));

/** Setting, function that returns the setting with a given number of entries, and the minimum and maximum number of entries. */
const sizes: readonly (readonly [path: string, of: (count: number) => Mistake, least: number, most: number])[] = [
  ["application.command", (count) => ({ command: numbered(count, () => "/usr/bin/env") }), 1, 50],
  ["application.packages", (count) => ({ packages: numbered(count, (index) => `python3-a${index}`) }), 0, 50],
  ["application.environment", (count) => ({ environment: named(count, "NAME_", "x") }), 0, 100],
  ["application.secrets", (count) => ({ secrets: named(count, "NAME_", { maxBytes: 1 }) }), 0, 20],
  ["application.writePaths", (count) => ({ writePaths: numbered(count, (index) => `/orders-${index}`) }), 1, 20],
  ["application.workers", (count) => ({ workers: named(count, "w", { command: ["./a"], memoryMib: 32 }) }), 0, 20],
  [
    "application.schedules",
    (count) => ({ schedules: named(count, "s", { command: ["./a"], at: "daily", memoryMib: 32 }) }),
    ...([0, 20] as const),
  ],
  [
    "application.egress",
    (count) => ({ egress: numbered(count, (index) => ({ cidr: `198.51.100.${index}/32`, ports: [443] })) }),
    ...([0, 10] as const),
  ],
  [
    "application.egress[0].ports",
    (count) => ({ egress: [{ cidr: "198.51.100.0/32", ports: numbered(count, (index) => 9000 + index) }] }),
    ...([1, 5] as const),
  ],
];

it.each(sizes)(
  "the list %s accepts only numbers of entries from its minimum to its maximum",
  (path, of, least, most) => {
    const wrongWith = (count: number): readonly string[] =>
      linesOf({ application: of(count) }).filter((line) => line.startsWith(`${path}: must have `));
    for (const count of [least, most]) expect(wrongWith(count), String(count)).toEqual([]);
    expect(wrongWith(most + 1)).toEqual([expect.stringMatching(`: must have (at most )?${most} (or less )?entr`)]);
    if (least > 0) expect(wrongWith(least - 1)).toHaveLength(1);
  },
);

const s3 = { type: "s3", bucket: "foobar-state", endpoint: "https://fsn1.your-objectstorage.com", region: "fsn1" };
const visitor = { path: "/orders", body: '{"what":"{text}"}', table: "orders", column: "what" };

/** Setting (or name within a setting), function that returns the setting with a given text, and the maximum length of this text. */
it.each<[path: RegExp, of: (text: string) => Mistake, most: number, begins?: string]>([
  [/^application\.command\[1\]: /, (text) => ({ application: { command: ["./a", text] } }), 500],
  [/^application\.packages\[0\]: /, (text) => ({ application: { packages: [text] } }), 100],
  [/^application\.environment\./, (text) => ({ application: { environment: { [text]: "x" } } }), 63, "A"],
  [/^application\.environment\.A: /, (text) => ({ application: { environment: { A: text } } }), 1000],
  [/^application\.healthPath: /, (text) => ({ application: { healthPath: text } }), 100, "/"],
  [/^application\.writePaths\[0\]: /, (text) => ({ application: { writePaths: [text] } }), 100, "/"],
  [/^application\.visitor\.table: /, (text) => ({ application: { visitor: { ...visitor, table: text } } }), 64],
  [
    /^application\.visitor\.headers\./,
    (text) => ({ application: { visitor: { ...visitor, headers: { [text]: "x" } } } }),
    64,
  ],
  [/^application\.workers\./, (text) => ({ application: { workers: { [text]: { command: ["./a"] } } } }), 40],
  [/^servers\./, (text) => ({ servers: { [text]: { privateIp: "10.0.1.130", roles: ["web"] } } }), 40],
  [/^servers\.alpha\.placementGroup: /, (text) => ({ servers: { alpha: { placementGroup: text } } }), 40],
  [/^administrators\.sshKeys\./, (text) => ({ administrators: { sshKeys: { [text]: exampleSshKey } } }), 63],
  [/^cloudflare\.accountName: /, (text) => ({ cloudflare: { accountName: text } }), 100],
  [/^cloudflare\.firewall\.expression: /, (text) => ({ cloudflare: { firewall: { expression: text } } }), 3800],
  [/^monitoring\.receivers\.urgent\[0\]: /, (text) => ({ monitoring: { receivers: { urgent: [text] } } }), 100, "@"],
  [/^backend\.bucket: /, (text) => ({ backend: { ...s3, bucket: text, acceptLocalState: undefined } }), 63],
  [/^backend\.prefix: /, (text) => ({ backend: { ...s3, prefix: text, acceptLocalState: undefined } }), 200],
])(
  "the configuration check accepts a text of the maximum length and rejects a longer text: %s",
  (path, of, most, begins = "") => {
    const wrongWith = (length: number): number => {
      const text = begins + (begins === "A" ? "A" : "a").repeat(length - begins.length);
      return linesOf(of(text)).filter((line) => path.test(line)).length;
    };
    expect([most, most + 1].map(wrongWith)).toEqual([0, 1]);
  },
);

it.each<[what: string, mistake: Mistake, line: RegExp]>([
  [
    "a web range that contains the database range",
    { network: { webRange: "10.0.1.0/28", balancerIp: "10.0.1.20" } },
    /^network\.webRange: must share no address with network\.databaseRange/,
  ],
  [
    "a load balancer in the web range",
    { network: { balancerIp: "10.0.1.200" } },
    /^network\.balancerIp: must lie inside network\.subnet \(10\.0\.1\.0\/24\), outside databaseRange and webRange/,
  ],
  [
    "a duplicate server address, with a free address as suggestion",
    { network: wide, servers: { bravo: { privateIp: "10.0.1.11" } } },
    /^servers\.bravo\.privateIp: must not be the address of servers\.alpha\.privateIp, .*; choose a free address such as 10\.0\.1\.2$/,
  ],
])("the configuration check rejects %s", (_, mistake, line) => {
  expect(linesOf(mistake)).toEqual([expect.stringMatching(line)]);
});

const small = { servers: { bravo: { type: "cpx12" } } };

it("the check of memory uses the server with the least memory and reports its name", () => {
  const larger = { serverType: "cpx32", servers: { bravo: { type: "cpx22" } } };
  expect(linesOf({ ...larger, application: { memoryMib: 2433 } })).toEqual([
    expect.stringMatching(/^application\.memoryMib: .* at most 2432 MiB, the memory that bravo has available/),
  ]);
  expect(linesOf({ ...larger, database: { bufferPoolMib: 1409 } })).toEqual([
    expect.stringMatching(
      /^database\.bufferPoolMib: must be at most 1408 MiB, the largest pool that fits into the memory of bravo/,
    ),
  ]);
});

it("a server with too little memory is reported once, for all its roles together", () => {
  expect(linesOf(small)).toEqual([
    expect.stringMatching(/^servers\.bravo\.type: must have at least 4 GiB of memory for the roles of bravo/),
  ]);
});
