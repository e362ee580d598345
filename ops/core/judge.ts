import { type Fault, type FaultKind, type JudgedCommand, unreachable, verdictOf, withHelp } from "./faults.js";
import {
  isDatabase,
  isWeb,
  type Observation,
  originCertificate,
  primaryOf,
  type ServerState,
  type Snapshot,
} from "./snapshot.js";

/** A disk needs attention if at least this percentage of it is used. */
const fullDiskPercent = 85;
/** A certificate needs attention if it expires within this number of days. */
const shortCertificateDays = 21;
/** A member has not caught up if its replication lag exceeds this number of seconds. */
const longLagSeconds = 10;

type Found = readonly [kind: FaultKind, words: string, what?: string];

/** Returns the faults of one server. */
function serverFaults(server: ServerState, { servers, protect }: Snapshot): readonly Fault[] {
  const { name, cloud, observation, silence, healthy } = server;
  const found = ((): readonly Found[] => {
    if (cloud === undefined) return [["missing", "does not exist"]];
    if (!cloud.running) return [["off", "is off"]];
    if (observation === undefined)
      return [[isWeb(server) && healthy ? "silent-serving" : "silent", `does not answer: ${silence}`]];
    const { firstBoot, failedUnits, diskPercent } = observation;
    return [
      ...when(firstBoot !== "done", "setup-unfinished", `first boot: ${firstBoot}`),
      ...failedUnits.map((unit): Found => ["failed-unit", `${unit} failed`, unit]),
      ...(isDatabase(server) ? memberFaults(server, servers) : []),
      ...(isWeb(server) ? webFaults(observation, healthy) : []),
      ...Object.entries(diskPercent)
        .filter(([, used]) => used >= fullDiskPercent)
        .map(([disk, used]): Found => ["disk-full", `${disk} is ${used} % full`, disk]),
      ...when(protect && cloud.isProtected === false, "unprotected", "is not protected at Hetzner"),
    ];
  })();
  return found.map(([kind, words, what]) => ({ kind, server: name, text: `${name}: ${words}`, what }));
}

const when = (isSo: boolean, kind: FaultKind, words: string): readonly Found[] => (isSo ? [[kind, words]] : []);

const webFaults = ({ inService, serves }: Observation, healthy: boolean | undefined): readonly Found[] => [
  ...when(inService === false, "out-of-service", "is out of service"),
  ...when(serves === false, "not-ready", "its application is not ready"),
  ...when(healthy === undefined, "no-target", "is not a target of the load balancer"),
  ...when(healthy === false, "target-unhealthy", "its target is not healthy"),
];

function memberFaults({ observation }: ServerState, servers: readonly ServerState[]): readonly Found[] {
  const member = observation?.member;
  if (!member) return [["group-silent", "mysql-group does not answer"]];
  const reason = member.reason && `: ${member.reason}`;
  if (member.state !== "ONLINE")
    return [["member-offline", `member is ${member.state}${member.majority ? "" : ", without a majority"}${reason}`]];
  if (!member.majority) return [["no-majority", `member is ${member.state}, without a majority${reason}`]];
  const missing = servers.filter((one) => isDatabase(one) && !member.view.includes(one.privateIp));
  return [
    ...missing.map(({ name }): Found => ["member-unseen", `does not see ${name} in its group`]),
    ...when(member.lagSeconds > longLagSeconds, "member-behind", `is ${member.lagSeconds.toFixed(0)} s behind`),
  ];
}

/** Returns the faults of the MySQL group as a whole. Exactly one member must accept writes. */
function primaryFaults({ servers }: Pick<Snapshot, "servers">): readonly Fault[] {
  if (!servers.some(isDatabase)) return [];
  const primaries = servers.filter(({ observation }) => observation?.member?.role === "PRIMARY");
  const [only] = primaries;
  if (only === undefined) return [{ kind: "no-primary", text: "no member is the primary" }];
  if (primaries.length > 1)
    return [{ kind: "two-primaries", text: `${primaries.map(({ name }) => name).join(" and ")} is the primary` }];
  const text = `${only.name}: is the primary but is still read-only`;
  return only.observation?.member?.writable ? [] : [{ kind: "read-only-primary", server: only.name, text }];
}

/**
 * Returns true if a server that is no longer configured is the primary. This is concluded from the report of a member: its group has a
 * majority, and consists only of configured replicas and servers that are not configured.
 */
function hasOutsidePrimary({ servers, outside }: Snapshot): boolean {
  const replicas = servers.filter(({ observation }) => observation?.member?.role === "SECONDARY");
  const addresses = [...replicas, ...outside].map(({ privateIp }) => privateIp);
  return replicas.some(({ observation }) => {
    const { state, majority, view = [] } = observation?.member ?? {};
    const hasOutside = outside.some(({ privateIp }) => view.includes(privateIp));
    return (
      state === "ONLINE" && majority === true && hasOutside && view.every((address) => addresses.includes(address))
    );
  });
}

const balancerFaults = ({ idleBalancers }: Snapshot): readonly Fault[] =>
  idleBalancers.map((name) => ({
    kind: "balancer-idle",
    text: `load balancer ${name}: considers no web server healthy`,
  }));

/** Returns the texts of the faults of the MySQL group as a whole. */
export const groupFaults = (snapshot: Pick<Snapshot, "servers">): readonly string[] =>
  primaryFaults(snapshot).map(({ text }) => text);

/** Returns all faults of the environment. Due maintenance, such as an upgrade, is not a fault. */
export const faultsOf = (snapshot: Snapshot): readonly Fault[] => [
  ...primaryFaults(snapshot),
  ...balancerFaults(snapshot),
  ...snapshot.servers.flatMap((server) => serverFaults(server, snapshot)),
];

/** Returns the texts of {@link faultsOf}. */
export const faults = (snapshot: Snapshot): readonly string[] => faultsOf(snapshot).map(({ text }) => text);

/** Returns a text for everything that needs attention: faults and due maintenance. */
export const needsHand = (snapshot: Snapshot): readonly string[] => [
  ...primaryFaults(snapshot)
    .filter(({ kind }) => kind !== "no-primary" || !hasOutsidePrimary(snapshot))
    .map(withHelp),
  ...farPrimary(snapshot),
  ...balancerFaults(snapshot).map(withHelp),
  ...snapshot.servers.flatMap((server) => [...serverFaults(server, snapshot).map(withHelp), ...dueOf(server)]),
  ...[...new Set(snapshot.servers.flatMap((server) => unknownMembers(server, snapshot)))].map(
    (address) => `${address}: counts as a member but is not in the configuration; npm run ops rollout`,
  ),
  ...snapshot.outside.map(({ name }) => `${name}: is not in the configuration; npm run ops remove ${name}`),
  ...releaseFaults(snapshot),
];

/** Returns the due maintenance of a server, with the command that does it. */
function dueOf({ name, cloud, observation }: ServerState): string[] {
  const days = Object.entries(observation?.certificateDays ?? {});
  return [
    ...(cloud && !cloud.current ? [`${name}: is outdated; npm run ops rollout`] : []),
    ...(observation && observation.rebootFor.length > 0
      ? [`${name}: needs a reboot (${observation.rebootFor.join(", ")}); npm run ops upgrade`]
      : []),
    ...days.flatMap(([what, left]) => (left < shortCertificateDays ? [`${name}: ${ending(what, left)}`] : [])),
  ];
}

/** Returns the text about a certificate that has expired or expires soon, with the command or runbook section that helps. */
function ending(what: string, daysLeft: number): string {
  const rotated = what === originCertificate ? "origin-certificate" : "database-authority";
  if (daysLeft >= 0) return `${what} ends in ${daysLeft} days; npm run ops rotate ${rotated}`;
  const section = what === originCertificate ? "origin-certificate" : "internal-certificate";
  return `${what} has expired; docs/runbook.md#${section}`;
}

/** Returns a fault if web servers run different releases, or another release than the configured one. */
function releaseFaults({ servers, release }: Snapshot): string[] {
  const current = new Map(
    servers.flatMap(({ name, observation }) => {
      const first = observation?.releases[0];
      return first ? [[name, first.sha256] as const] : [];
    }),
  );
  const running = new Set(current.values());
  if (running.size > 1) return ["web servers run different releases; npm run ops release URL SHA256"];
  const [only] = running;
  return only === undefined || only === release.sha256
    ? []
    : [
        `the configured release differs from the running release; npm run ops release prints the line for the configuration`,
      ];
}

/**
 * Returns the faults that stop a command. The list is empty if the command may run.
 * @param current server that the command processes. Faults of this server never stop the command, whether or not other members see it in
 * the group.
 */
export function stopping(snapshot: Snapshot, command: JudgedCommand, current?: string): readonly Fault[] {
  const others = snapshot.servers.filter(({ name }) => name !== current);
  const seen: Snapshot = { ...snapshot, servers: others };
  const common = [...primaryFaults(snapshot), ...balancerFaults(snapshot)];
  return [...common, ...others.flatMap((server) => serverFaults(server, seen))].filter(
    (fault) => (fault.server === undefined || fault.server !== current) && verdictOf(fault, command) === "stops",
  );
}

/** Returns the texts of {@link stopping}. */
export const gate = (snapshot: Snapshot, command: JudgedCommand, current?: string): readonly string[] =>
  stopping(snapshot, command, current).map(({ text }) => text);

/** Returns the servers that do not serve visitors now, or whose MySQL member does not count towards the majority. */
export const downServers = (snapshot: Snapshot): readonly string[] => {
  const kinds: readonly FaultKind[] = [
    ...unreachable,
    ...(["group-silent", "member-offline", "no-majority", "no-target", "target-unhealthy"] as const),
  ];
  return faultsOf(snapshot).flatMap(({ kind, server }) => (server && kinds.includes(kind) ? [server] : []));
};

/** Returns the servers that a command cannot change over SSH now, each with the reason. */
export const outOfReach = (snapshot: Snapshot): ReadonlyMap<string, string> =>
  new Map(
    snapshot.servers.flatMap((server) => {
      const fault = serverFaults(server, snapshot).find(({ kind }) => unreachable.includes(kind));
      return fault ? [[server.name, fault.text] as const] : [];
    }),
  );

/** Sorts servers into the order of processing: web-only servers, near replicas, far replicas, primary. */
export function inOrder(servers: readonly ServerState[]): readonly ServerState[] {
  const rank = (server: ServerState): number => {
    if (!isDatabase(server)) return 0;
    if (server.observation?.member?.role === "PRIMARY") return 3;
    return server.isFar ? 2 : 1;
  };
  return [...servers].sort((a, b) => rank(a) - rank(b));
}

/** A member with a larger replication lag, in seconds, would delay writes if it became the primary. */
export const mostLagSeconds = 5;

/** Returns the replication lag of a member in seconds. */
export const lagOf = ({ observation }: ServerState): number => observation?.member?.lagSeconds ?? 0;

/**
 * Returns the online replicas, sorted by their suitability as the next primary: little lag first, then near members, then the smallest
 * lag.
 */
export const successors = ({ servers }: Pick<Snapshot, "servers">): readonly ServerState[] =>
  servers
    .filter(({ observation }) => observation?.member?.state === "ONLINE" && observation.member.majority)
    .filter((server) => isDatabase(server) && server.observation?.member?.role !== "PRIMARY")
    .map((server) => ({ server, order: [lagOf(server) > mostLagSeconds, server.isFar === true, lagOf(server)] }))
    .sort((a, b) => a.order.map((value, index) => Number(value) - Number(b.order[index])).find((x) => x !== 0) ?? 0)
    .map(({ server }) => server);

/** Returns a text if a far member is the primary although a near member could be. Each commit then waits for another location. */
function farPrimary(snapshot: Snapshot): readonly string[] {
  const primary = primaryOf(snapshot);
  const [best] = successors(snapshot);
  return primary?.isFar && best && !best.isFar && lagOf(best) <= mostLagSeconds
    ? [`${primary.name}: is the primary but far from the other members; npm run ops failover`]
    : [];
}

const memberOf = (server: ServerState | undefined) => server?.observation?.member;

/**
 * Returns true if a replaced member waits for accounts that the current primary does not know. Such a member is in the group but not
 * recovered, and would create other accounts than the primary. Pure.
 */
export function waitsForRole(snapshot: Snapshot, name: string): boolean {
  const server = snapshot.servers.find((one) => one.name === name);
  const primary = memberOf(primaryOf(snapshot));
  const member = memberOf(server);
  if (!server?.cloud?.current || !member || !primary) return false;
  const isReplica = member.state === "ONLINE" && member.majority && member.role === "SECONDARY";
  return isReplica && member.grants !== primary.grants && notBack(snapshot, name) !== undefined;
}

/** Returns addresses that a member counts as members although no server has them. Example: the previous address of a server. */
export const unknownMembers = ({ observation }: ServerState, { servers, outside }: Snapshot): readonly string[] => {
  const { view = [], remembered = [] } = observation?.member ?? {};
  const known = new Set([...servers, ...outside].map(({ privateIp }) => privateIp));
  return remembered.filter((address) => !known.has(address) && !view.includes(address));
};

const faultsAbout = (snapshot: Snapshot, name: string): readonly Fault[] => [
  ...snapshot.servers.filter((one) => one.name === name).flatMap((server) => serverFaults(server, snapshot)),
  ...primaryFaults(snapshot),
];

/**
 * Returns the reason why the processed server is not healthy yet. Returns `undefined` if the next server may be processed.
 * @param tolerated kinds of faults that this server did not cause
 */
export function notBack(snapshot: Snapshot, name: string, tolerated: readonly FaultKind[] = []): string | undefined {
  if (!snapshot.servers.some((one) => one.name === name)) return `${name}: is not in the configuration`;
  return faultsAbout(snapshot, name).find(({ kind }) => !tolerated.includes(kind))?.text;
}

/**
 * Returns a fault that the environment has now and did not have before. Returns `undefined` if there is no new fault.
 * @param before state before the server was processed. Absent after an interruption: then faults of other servers are not new.
 */
export function newFault(before: Snapshot | undefined, now: Snapshot, name: string): string | undefined {
  const known = before ? faultsAbout(before, name).map(({ kind }) => kind) : (["member-unseen"] as const);
  return faultsAbout(now, name).find(({ kind }) => !(known as readonly FaultKind[]).includes(kind))?.text;
}
