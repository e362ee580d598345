import { expect, it } from "vitest";
import { linesOf } from "../mistake.js";
import { refused } from "./refused.js";

const webOnly = { roles: ["web"] };
/** Web servers with consecutive addresses that begin at 10.0.1.`first`. */
const webServers = (count: number, first = 130, more: object = {}) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `web-${first + index}`,
      { ...webOnly, privateIp: `10.0.1.${first + index}`, ...more },
    ]),
  );
/** Exceeds the limit of the load balancer, but of no placement group. */
const inMoreGroups = {
  ...webServers(10, 130, { placementGroup: "second" }),
  ...webServers(7, 180, { placementGroup: "third" }),
  ...webServers(7, 187, { placementGroup: "fourth" }),
};

refused("servers and their roles", [
  [
    { servers: { Delta: { privateIp: "10.0.1.134", roles: ["web"] } } },
    'servers.Delta: must be a host name of at most 40 lower-case letters, digits and hyphens, beginning with a letter, got "Delta"; write it as "alpha"',
  ],
  [
    { servers: { "4": { privateIp: "10.0.1.134", roles: ["web"] } } },
    'servers.4: must be a host name of at most 40 lower-case letters, digits and hyphens, beginning with a letter, got "4"; write it as "alpha"',
  ],
  ...["token", "web-password"].map(
    (name) =>
      [
        { servers: { [name]: { privateIp: "10.0.1.134", roles: ["web"] } } },
        `servers.${name}: must not end with password, secret or token, because values with such names are treated as secrets, got "${name}"; choose another`,
      ] as const,
  ),
  ...["authority", "backend", "constructor", "hcloud", "localhost", "network", "service-443"].map(
    (name) =>
      [
        { servers: { [name]: { privateIp: "10.0.1.134", roles: ["web"] } } },
        `servers.${name}: must not be one of authority, backend, constructor, hcloud, localhost, network, service-443, because these names are reserved, got "${name}"; choose another`,
      ] as const,
  ),
  [
    { servers: { delta: { privateIp: "10.0.1.14" } } },
    'servers: must contain an odd number of database members from 3 to 9, so that a majority always exists, got ["alpha","bravo","charlie","delta"]; set roles: ["web"] for the new server, or give 5 servers the role database',
  ],
  [
    {
      servers: {
        bravo: { ...webOnly, privateIp: "10.0.1.130" },
        charlie: { ...webOnly, privateIp: "10.0.1.131" },
      },
    },
    'servers: must contain an odd number of database members from 3 to 9, so that a majority always exists, got ["alpha"]; give 3 servers the role database',
  ],
  [
    { servers: { alpha: { roles: ["database"] }, bravo: { roles: ["database"] }, charlie: { roles: ["database"] } } },
    'servers: must contain at least one server with the role web, got ["alpha","bravo","charlie"]; add web to the roles of at least one server',
  ],
  [
    { servers: webServers(8) },
    "servers: must contain at most 10 servers in placement group servers, got 11; set another placementGroup for the newest servers",
  ],
  [
    { servers: { alpha: { placementGroup: "Rack 1" } } },
    'servers.alpha.placementGroup: must be a name of at most 40 lower-case letters, digits and hyphens, beginning with a letter, got "Rack 1"; write it as "servers-2"',
  ],
  [
    { servers: inMoreGroups },
    'loadBalancer.type: must support 27 web servers as targets, but this type supports 25, got "lb11"; choose lb21',
  ],
]);

refused("server types", [
  [
    { serverType: "cx32" },
    'serverType: must be available for new servers, but this type is retired, got "cx32"; use its successor cx33',
  ],
  [
    { serverType: "cax21" },
    'serverType: must be an x86 type, because MySQL\'s apt repository has no arm64 packages for Debian, got "cax21"; choose a cx, cpx or ccx type',
  ],
  [
    { servers: { alpha: { type: "cx34" } } },
    'servers.alpha.type: must be a known server type, got "cx34"; did you mean cx33?',
  ],
  [
    { serverType: "cpx31" },
    'serverType: must be offered in nbg1, got "cpx31"; choose one of cx23, cx33, cx43, cpx22, cx53, cpx32, ccx13, cpx42, ccx23, cpx52, cpx62, ccx33, ccx43, ccx53, ccx63, or another location',
  ],
  [
    { location: "ash", network: { zone: "us-east" } },
    'serverType: must be offered in ash, got "cpx22"; choose one of cpx21, ccx13, cpx31, ccx23, cpx41, ccx33, cpx51, ccx43, ccx53, ccx63, or another location',
  ],
  [
    { servers: { bravo: { type: "cpx12" } } },
    'servers.bravo.type: must have at least 4 GiB of memory for the roles of bravo (web, database), got "cpx12"; choose one of cx23, cx33, cx43, cpx22, cx53, cpx32, ccx13, cpx42, ccx23, cpx52, cpx62, ccx33, ccx43, ccx53, ccx63',
  ],
]);

it("suggests the smallest load balancer that supports all web servers, if one exists", () => {
  const groups = (count: number) =>
    Object.assign(
      {},
      ...Array.from({ length: count }, (_, index) => ({
        [`web-${index}`]: {
          ...{ roles: ["web"], placementGroup: `group-${Math.floor(index / 10)}` },
          privateIp: `10.0.${2 + Math.floor(index / 250)}.${1 + (index % 250)}`,
        },
      })),
    ) as object;
  const network = { subnet: "10.0.0.0/22", databaseRange: "10.0.1.8/29", webRange: "10.0.2.0/23" };
  // The three servers of the example are web servers too.
  const told = (count: number) => linesOf({ network, servers: groups(count - 3) }).map((line) => line.split("; ")[1]);
  expect([told(25), told(75), told(76), told(151)]).toEqual([
    [],
    ["choose lb21"],
    ["choose lb31"],
    ["remove the role web from some servers"],
  ]);
});

it("reports each wrong server type once, and does not limit the buffer pool by servers without a database", () => {
  expect(
    linesOf({ serverType: "cpx31", servers: { bravo: { type: "cpx12" } } }).map((line) => line.split(":")[0]),
  ).toEqual(["serverType", "servers.bravo.type"]);
  const small = { delta: { roles: ["web"], privateIp: "10.0.1.134", type: "cpx12" } };
  expect(linesOf({ servers: small, database: { bufferPoolMib: 1024 } })).toEqual([]);
});

it("does not limit the application's memory by servers without the application", () => {
  const alone = { alpha: { roles: ["database"], type: "cpx22" } };
  expect(linesOf({ serverType: "cpx32", servers: alone, application: { memoryMib: 3000 } })).toEqual([]);
});
