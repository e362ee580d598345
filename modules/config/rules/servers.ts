import {
  loadBalancerTypes,
  locations,
  placementGroupServers,
  serverTypes,
  type ServerType,
} from "../../platform/hetzner-offers.js";
import { memoryOf } from "../sections/application.js";
import { largestBufferPoolMib } from "../buffer-pool.js";
import type { Role } from "../schema.js";
import { rule, unless, type Checked } from "./rule.js";

/**
 * Limits for the number of database members. Group Replication allows at most nine members (MySQL manual, "Group Replication limitations").
 */
const databaseLimits = { least: 3, most: 9 } as const;

/** Minimum memory in GiB for each role. `database` needs memory for MySQL's buffer pool; `web` needs it for nginx and the application. */
export const leastMemoryGib: Readonly<Record<Role, number>> = { database: 4, web: 2 };

const named = (servers: Checked["servers"], role: Role): readonly string[] =>
  Object.entries(servers)
    .filter(([, server]) => server.roles.includes(role))
    .map(([name]) => name);

const someWebServer = rule(["servers"], ({ servers }) =>
  unless(named(servers, "web").length > 0, () => ({
    path: "servers",
    rule: "must contain at least one server with the role web",
    got: Object.keys(servers),
    fix: "add web to the roles of at least one server",
  })),
);

const oddDatabaseMembers = rule(["servers"], ({ servers }) => {
  const members = named(servers, "database");
  const { least, most } = databaseLimits;
  const holds = members.length % 2 === 1 && members.length >= least && members.length <= most;
  return unless(holds, () => ({
    path: "servers",
    rule: `must contain an odd number of database members from ${least} to ${most}, so that a majority always exists`,
    got: members,
    fix:
      members.length > most
        ? `remove the role database from ${members.length - most} servers`
        : members.length < least
          ? `give ${least} servers the role database`
          : `set roles: ["web"] for the new server, or give ${members.length + 1} servers the role database`,
  }));
});

const placementGroupsFit = rule(["servers"], ({ servers }) => {
  const groups = Object.values(servers).map((server) => server.placementGroup);
  return [...new Set(groups)].flatMap((group) => {
    const size = groups.filter((other) => other === group).length;
    return unless(size <= placementGroupServers, () => ({
      path: "servers",
      rule: `must contain at most ${placementGroupServers} servers in placement group ${group}`,
      got: size,
      fix: "set another placementGroup for the newest servers",
    }));
  });
});

const targetsFit = rule(["servers", "loadBalancer"], ({ servers, loadBalancer }) => {
  const targets = loadBalancerTypes[loadBalancer.type]?.targets ?? 0;
  const web = named(servers, "web").length;
  const fitting = Object.entries(loadBalancerTypes).find(([, type]) => type.targets >= web)?.[0];
  return unless(web <= targets, () => ({
    path: "loadBalancer.type",
    rule: `must support ${web} web servers as targets, but this type supports ${targets}`,
    got: loadBalancer.type,
    fix: fitting ? `choose ${fitting}` : "remove the role web from some servers",
  }));
});

/** Returns the server types that a location offers and that have enough memory, sorted by price. */
const offered = (location: string, memoryGib: number): readonly string[] => {
  const price = (type: ServerType): number | undefined => type.monthlyEur[locations[location]?.region ?? "Europe"];
  return Object.entries(serverTypes)
    .filter(([, type]) => price(type) !== undefined && type.memoryGib >= memoryGib)
    .sort(([, a], [, b]) => (price(a) ?? 0) - (price(b) ?? 0))
    .map(([name]) => name);
};

const typesFit = rule(["servers", "serverType", "location"], ({ servers, serverType, location }) => {
  const problems = Object.entries(servers).flatMap(([name, server]) => {
    const typeName = server.type ?? serverType;
    const place = server.location ?? location;
    const path = server.type === undefined ? "serverType" : `servers.${name}.type`;
    const least = Math.max(...server.roles.map((role) => leastMemoryGib[role]));
    const fix = `choose one of ${offered(place, least).join(", ")}`;
    if (!offered(place, 0).includes(typeName))
      return [{ path, rule: `must be offered in ${place}`, got: typeName, fix: `${fix}, or another location` }];
    return unless((serverTypes[typeName]?.memoryGib ?? 0) >= least, () => ({
      path,
      rule: `must have at least ${least} GiB of memory for the roles of ${name} (${server.roles.join(", ")})`,
      got: typeName,
      fix,
    }));
  });
  // Reports the problem of the environment's `serverType` only once, even if several servers use it.
  return problems.filter(({ path }, index) => problems.findIndex((other) => other.path === path) === index);
});

const bufferPoolFits = rule(
  ["servers", "serverType", "database", "application"],
  ({ servers, serverType, database, application }) => {
    const { bufferPoolMib } = database;
    const limits = Object.entries(servers)
      .filter(([, server]) => server.roles.includes("database"))
      .map(([name, server]) => {
        const memoryMib = (serverTypes[server.type ?? serverType]?.memoryGib ?? 0) * 1024;
        return {
          name,
          limit: largestBufferPoolMib({
            memoryMib,
            ...(server.roles.includes("web") && { applicationMib: memoryOf(application) }),
          }),
        };
      })
      .sort((a, b) => a.limit - b.limit);
    const [tightest] = limits;
    if (bufferPoolMib === undefined || !tightest || bufferPoolMib <= tightest.limit) return [];
    return [
      {
        path: "database.bufferPoolMib",
        rule: `must be at most ${tightest.limit} MiB, the largest pool that fits into the memory of ${tightest.name}`,
        got: bufferPoolMib,
        fix: "lower it, remove it, or choose a larger server type",
      },
    ];
  },
);

/** Rules about servers, their types and Hetzner's limits. */
export const serverRules = [
  someWebServer,
  oddDatabaseMembers,
  placementGroupsFit,
  targetsFit,
  typesFit,
  bufferPoolFits,
];
