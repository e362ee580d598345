import { describe, expect, it } from "vitest";
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
/** Room for more members than there may be. */
const wide = { databaseRange: "10.0.1.0/28", balancerIp: "10.0.1.20" };

describe("the last value that is allowed", () => {
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
    [
      "servers of a placement group",
      { servers: servers(7, () => ({})) },
      { servers: servers(8, () => ({})) },
      "servers",
    ],
    ["targets of a balancer", { servers: servers(22, groups) }, { servers: servers(23, groups) }, "loadBalancer.type"],
    ["members", { network: wide, servers: members(9) }, { network: wide, servers: members(11) }, "servers"],
  ])("of %s is", (_, allowed, refused, path) => {
    expect(linesOf(allowed)).toEqual([]);
    expect(linesOf(refused)).toEqual([expect.stringMatching(new RegExp(`^${path}: must `))]);
  });
});

describe("addresses", () => {
  it.each<[what: string, mistake: Mistake, line: RegExp]>([
    [
      "a range of web servers that holds that of databases",
      { network: { webRange: "10.0.1.0/28", balancerIp: "10.0.1.20" } },
      /^network\.webRange: must share no address with network\.databaseRange/,
    ],
    [
      "a balancer among web servers",
      { network: { balancerIp: "10.0.1.200" } },
      /^network\.balancerIp: must lie inside network\.subnet \(10\.0\.1\.0\/24\), outside databaseRange and webRange/,
    ],
    [
      "a server at another's, where the first ones of the range are nobody's",
      { network: wide, servers: { bravo: { privateIp: "10.0.1.11" } } },
      /^servers\.bravo\.privateIp: must not be the address of servers\.alpha\.privateIp, .*; choose a free address such as 10\.0\.1\.2$/,
    ],
  ])("are refused: %s", (_, mistake, line) => {
    expect(linesOf(mistake)).toEqual([expect.stringMatching(line)]);
  });
});

describe("memory that servers of different types have", () => {
  const small = { servers: { bravo: { type: "cpx12" } } };

  it("is judged by the smallest, which is named", () => {
    const larger = { serverType: "cpx32", servers: { bravo: { type: "cpx22" } } };
    expect(linesOf({ ...larger, application: { memoryMib: 2433 } })).toEqual([
      expect.stringMatching(/^application\.memoryMib: .* at most 2432 MiB, what the memory of bravo holds/),
    ]);
    expect(linesOf({ ...larger, database: { bufferPoolMib: 1409 } })).toEqual([
      expect.stringMatching(/^database\.bufferPoolMib: must be at most 1408 MiB, what the memory of bravo holds/),
    ]);
  });

  it("is asked for by the role that needs most of it, and by one rule alone", () => {
    expect(linesOf(small)).toEqual([
      expect.stringMatching(/^servers\.bravo\.type: must have at least 4 GiB of memory for the roles of bravo/),
    ]);
  });
});
