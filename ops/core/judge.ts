import { isDatabase, isWeb, primaryOf, type ServerState, type Snapshot } from "./snapshot.js";

/** From here on a disk needs a hand, in percent of its space. */
const fullDiskPercent = 85;
/** A certificate that ends sooner needs a hand, in days. */
const shortCertificateDays = 21;
/** A member that is further behind has not caught up, in seconds. */
const longLagSeconds = 10;

/** What is wrong with one server; empty when it does all that it is for. */
function faultsOf(server: ServerState, { servers, protect }: Snapshot): readonly string[] {
  const { name, cloud, observation, silence, healthy } = server;
  const say = (fault: string): string => `${name}: ${fault}`;
  if (cloud === undefined) return [say("does not exist")];
  if (!cloud.running) return [say("is off")];
  if (observation === undefined) return [say(`does not answer: ${silence}`)];
  const { firstBoot, failedUnits, inService, serves, diskPercent } = observation;
  return [
    ...(firstBoot === "done" ? [] : [`first boot: ${firstBoot}`]),
    ...failedUnits.map((unit) => `${unit} failed`),
    ...(isDatabase(server) ? memberFaults(server, servers) : []),
    ...(isWeb(server) && inService === false ? ["is out of service"] : []),
    ...(isWeb(server) && serves === false ? ["its application is not ready"] : []),
    ...(isWeb(server) && !healthy
      ? [healthy === undefined ? "is no target of the balancer" : "its target is not healthy"]
      : []),
    ...Object.entries(diskPercent).flatMap(([disk, used]) =>
      used >= fullDiskPercent ? [`${disk} is ${used} % full`] : [],
    ),
    ...(protect && cloud.isProtected === false ? ["is not protected at Hetzner"] : []),
  ].map(say);
}

function memberFaults({ observation }: ServerState, servers: readonly ServerState[]): string[] {
  const member = observation?.member;
  if (!member) return ["mysql-group does not answer"];
  if (member.state !== "ONLINE" || !member.majority)
    return [
      `member is ${member.state}${member.majority ? "" : ", without a majority"}${member.reason && `: ${member.reason}`}`,
    ];
  const missing = servers.filter((one) => isDatabase(one) && !member.view.includes(one.privateIp));
  return [
    ...missing.map((one) => `does not see ${one.name} in its group`),
    ...(member.lagSeconds > longLagSeconds ? [`is ${member.lagSeconds.toFixed(0)} s behind`] : []),
  ];
}

/** What is wrong with the group as a whole: exactly one member may take writes. */
export function groupFaults({ servers }: Pick<Snapshot, "servers">): readonly string[] {
  const primaries = servers.filter(({ observation }) => observation?.member?.role === "PRIMARY");
  if (!servers.some(isDatabase)) return [];
  if (primaries.length !== 1)
    return [`${primaries.length === 0 ? "no member" : primaries.map(({ name }) => name).join(" and ")} is the primary`];
  return primaries.every(({ observation }) => observation?.member?.writable)
    ? []
    : [`${primaries[0]?.name}: is the primary and still read-only`];
}

/** What keeps the site from being whole, without what is due. */
export const faults = (snapshot: Snapshot): readonly string[] => [
  ...groupFaults(snapshot),
  ...snapshot.servers.flatMap((server) => faultsOf(server, snapshot)),
];

/** Everything that needs a hand: what is wrong, and what is due. */
export const needsHand = (snapshot: Snapshot): readonly string[] => [
  ...groupFaults(snapshot),
  ...snapshot.servers.flatMap((server) => [...faultsOf(server, snapshot), ...dueOf(server)]),
  ...snapshot.outside.map(({ name }) => `${name}: is not in the configuration; npm run ops remove ${name}`),
  ...releaseFaults(snapshot),
];

/** What waits for a command of this program. */
function dueOf({ name, cloud, observation }: ServerState): string[] {
  const days = Object.entries(observation?.certificateDays ?? {});
  return [
    ...(cloud && !cloud.current ? [`${name}: is outdated; npm run ops rollout`] : []),
    ...(observation && observation.rebootFor.length > 0
      ? [`${name}: a reboot is due (${observation.rebootFor.join(", ")}); npm run ops upgrade`]
      : []),
    ...days.flatMap(([what, left]) => (left < shortCertificateDays ? [`${name}: ${what} ends in ${left} days`] : [])),
  ];
}

/** Web servers that run different releases, or all run another one than new servers would start with. */
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
    : [`the configuration names another release than the one that runs; npm run ops release says what to write there`];
}

/**
 * Why no server may be taken out of service now; empty when one may.
 * @param inHand server that an interrupted run has left in hand: in whatever state it is, it is what is taken up first
 */
export const gate = (snapshot: Snapshot, inHand?: string): readonly string[] => {
  const others = snapshot.servers.filter(({ name }) => name !== inHand);
  // The others need not see the one in hand in their group.
  const seen: Snapshot = { ...snapshot, servers: others };
  return [...groupFaults(snapshot), ...others.flatMap((server) => faultsOf(server, seen))];
};

/** Order in which servers are taken: first those that only serve visitors, then replicas, the primary last. */
export function inOrder(servers: readonly ServerState[]): readonly ServerState[] {
  const rank = (server: ServerState): number => {
    if (!isDatabase(server)) return 0;
    return server.observation?.member?.role === "PRIMARY" ? 2 : 1;
  };
  return [...servers].sort((a, b) => rank(a) - rank(b));
}

/**
 * Whether a replaced member waits for accounts that only a primary makes which knows of them: it is in the group, it is not back, and it would
 * make others than the primary does. Pure.
 */
export function waitsForRole(snapshot: Snapshot, name: string): boolean {
  const server = snapshot.servers.find((one) => one.name === name);
  const member = server?.observation?.member;
  const primary = primaryOf(snapshot)?.observation?.member;
  if (!server?.cloud?.current || !member || !primary) return false;
  const isReplica = member.state === "ONLINE" && member.majority && member.role === "SECONDARY";
  return isReplica && member.grants !== primary.grants && notBack(snapshot, name) !== undefined;
}

/** What a server in hand still lacks until the next one may be taken; `undefined` when it is back. */
export function notBack(snapshot: Snapshot, name: string): string | undefined {
  const server = snapshot.servers.find((one) => one.name === name);
  if (server === undefined) return `${name}: is not in the configuration`;
  return [...faultsOf(server, snapshot), ...groupFaults(snapshot)][0];
}
