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

/** A disk needs attention from this share on, in percent. */
const fullDiskPercent = 85;
/** A certificate that ends sooner needs attention, in days. */
const shortCertificateDays = 21;
/** A member that is further behind has not caught up, in seconds. */
const longLagSeconds = 10;

type Found = readonly [kind: FaultKind, words: string, what?: string];

/** The faults of one server. */
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

/** The faults of the group as a whole: exactly one member may accept writes. */
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

const balancerFaults = ({ idleBalancers }: Snapshot): readonly Fault[] =>
  idleBalancers.map((name) => ({
    kind: "balancer-idle",
    text: `load balancer ${name}: considers no web server healthy`,
  }));

/** What is wrong with the group as a whole, in words. */
export const groupFaults = (snapshot: Pick<Snapshot, "servers">): readonly string[] =>
  primaryFaults(snapshot).map(({ text }) => text);

/** All faults of the environment. What is due, such as an upgrade, is not a fault. */
export const faultsOf = (snapshot: Snapshot): readonly Fault[] => [
  ...primaryFaults(snapshot),
  ...balancerFaults(snapshot),
  ...snapshot.servers.flatMap((server) => serverFaults(server, snapshot)),
];

/** {@link faultsOf} in words. */
export const faults = (snapshot: Snapshot): readonly string[] => faultsOf(snapshot).map(({ text }) => text);

/** Everything that needs attention: what is wrong, and what is due. */
export const needsHand = (snapshot: Snapshot): readonly string[] => [
  ...primaryFaults(snapshot).map(withHelp),
  ...farPrimary(snapshot),
  ...balancerFaults(snapshot).map(withHelp),
  ...snapshot.servers.flatMap((server) => [...serverFaults(server, snapshot).map(withHelp), ...dueOf(server)]),
  ...[...new Set(snapshot.servers.flatMap((server) => unknownMembers(server, snapshot)))].map(
    (address) => `${address}: counts as a member but is not in the configuration; npm run ops rollout`,
  ),
  ...snapshot.outside.map(({ name }) => `${name}: is not in the configuration; npm run ops remove ${name}`),
  ...releaseFaults(snapshot),
];

/** Maintenance that a command of this program can do. */
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

/** A certificate that ends soon or has expired, with the command or the section of the runbook that helps. */
function ending(what: string, daysLeft: number): string {
  const rotated = what === originCertificate ? "origin-certificate" : "database-authority";
  if (daysLeft >= 0) return `${what} ends in ${daysLeft} days; npm run ops rotate ${rotated}`;
  const section = what === originCertificate ? "origin-certificate" : "internal-certificate";
  return `${what} has expired; docs/runbook.md#${section}`;
}

/** Web servers that run different releases, or a release other than the configured one. */
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
 * The faults that stop a command; empty if it may run.
 * @param current server that the command processes: its own faults do not stop the command, nor does it matter who sees it in the group
 */
export function stopping(snapshot: Snapshot, command: JudgedCommand, current?: string): readonly Fault[] {
  const others = snapshot.servers.filter(({ name }) => name !== current);
  const seen: Snapshot = { ...snapshot, servers: others };
  const common = [...primaryFaults(snapshot), ...balancerFaults(snapshot)];
  return [...common, ...others.flatMap((server) => serverFaults(server, seen))].filter(
    (fault) => (fault.server === undefined || fault.server !== current) && verdictOf(fault, command) === "stops",
  );
}

/** {@link stopping} in words. */
export const gate = (snapshot: Snapshot, command: JudgedCommand, current?: string): readonly string[] =>
  stopping(snapshot, command, current).map(({ text }) => text);

/** Servers that currently do not serve visitors, or whose member does not count towards the majority. */
export const downServers = (snapshot: Snapshot): readonly string[] => {
  const kinds: readonly FaultKind[] = [
    ...unreachable,
    ...(["group-silent", "member-offline", "no-majority", "no-target", "target-unhealthy"] as const),
  ];
  return faultsOf(snapshot).flatMap(({ kind, server }) => (server && kinds.includes(kind) ? [server] : []));
};

/** Servers that a command cannot change over SSH now, with the reason. */
export const outOfReach = (snapshot: Snapshot): ReadonlyMap<string, string> =>
  new Map(
    snapshot.servers.flatMap((server) => {
      const fault = serverFaults(server, snapshot).find(({ kind }) => unreachable.includes(kind));
      return fault ? [[server.name, fault.text] as const] : [];
    }),
  );

/** Order in which servers are processed: web-only servers first, then near replicas, far replicas, and the primary. */
export function inOrder(servers: readonly ServerState[]): readonly ServerState[] {
  const rank = (server: ServerState): number => {
    if (!isDatabase(server)) return 0;
    if (server.observation?.member?.role === "PRIMARY") return 3;
    return server.isFar ? 2 : 1;
  };
  return [...servers].sort((a, b) => rank(a) - rank(b));
}

/** A primary further behind, in seconds, would delay writes. */
export const mostLagSeconds = 5;

/** Lag of a member in seconds. */
export const lagOf = ({ observation }: ServerState): number => observation?.member?.lagSeconds ?? 0;

/** Online replicas, the best next primary first: members with little lag, near members, then the smallest lag. */
export const successors = ({ servers }: Pick<Snapshot, "servers">): readonly ServerState[] =>
  servers
    .filter(({ observation }) => observation?.member?.state === "ONLINE" && observation.member.majority)
    .filter((server) => isDatabase(server) && server.observation?.member?.role !== "PRIMARY")
    .map((server) => ({ server, order: [lagOf(server) > mostLagSeconds, server.isFar === true, lagOf(server)] }))
    .sort((a, b) => a.order.map((value, index) => Number(value) - Number(b.order[index])).find((x) => x !== 0) ?? 0)
    .map(({ server }) => server);

/** A far primary although a near member could be the primary: each commit then waits for a far member. */
function farPrimary(snapshot: Snapshot): readonly string[] {
  const primary = primaryOf(snapshot);
  const [best] = successors(snapshot);
  return primary?.isFar && best && !best.isFar && lagOf(best) <= mostLagSeconds
    ? [`${primary.name}: is the primary but far from the other members; npm run ops failover`]
    : [];
}

const memberOf = (server: ServerState | undefined) => server?.observation?.member;

/**
 * Whether a replaced member waits for accounts that the current primary does not know: it is in the group but not recovered, and it would
 * create other accounts than the primary. Pure.
 */
export function waitsForRole(snapshot: Snapshot, name: string): boolean {
  const server = snapshot.servers.find((one) => one.name === name);
  const primary = memberOf(primaryOf(snapshot));
  const member = memberOf(server);
  if (!server?.cloud?.current || !member || !primary) return false;
  const isReplica = member.state === "ONLINE" && member.majority && member.role === "SECONDARY";
  return isReplica && member.grants !== primary.grants && notBack(snapshot, name) !== undefined;
}

/** Addresses that a member counts although no server has them and they are not in the group, such as the previous address of a server. */
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
 * What the processed server still lacks before the next server may be processed; `undefined` when it is healthy.
 * @param tolerated faults that have another cause than this server
 */
export function notBack(snapshot: Snapshot, name: string, tolerated: readonly FaultKind[] = []): string | undefined {
  if (!snapshot.servers.some((one) => one.name === name)) return `${name}: is not in the configuration`;
  return faultsAbout(snapshot, name).find(({ kind }) => !tolerated.includes(kind))?.text;
}

/**
 * What a server lacks now that it did not lack before; `undefined` if nothing.
 * @param before absent after an interruption: then only faults of other servers are tolerated
 */
export function newFault(before: Snapshot | undefined, now: Snapshot, name: string): string | undefined {
  const known = before ? faultsAbout(before, name).map(({ kind }) => kind) : (["member-unseen"] as const);
  return faultsAbout(now, name).find(({ kind }) => !(known as readonly FaultKind[]).includes(kind))?.text;
}
