import type { ServerConfig } from "../../modules/config/schema.js";
import type { FaultKind } from "../core/faults.js";
import { faultsOf, gate, groupFaults } from "../core/judge.js";
import { awaitBack, type Context, forgetUnknown, shutDown, stepDown } from "../core/maintain.js";
import { look } from "../core/observe.js";
import { waitUntil } from "../core/shell.js";
import { type ReplacementProps, serverNamed, type Site } from "../core/site.js";
import { isDatabase, isWeb, type ServerState, type Snapshot } from "../core/snapshot.js";
import { targetHealth } from "../core/targets.js";

/** Options of {@link replace}. */
export interface ReplaceProps extends ReplacementProps {
  /** Maximum minutes until the new server is healthy. @default backMinutes */
  readonly patienceMinutes?: number;
}

/** Maximum seconds until the other members have a primary after this server is lost. */
const electionSeconds = 90;
/** Maximum minutes until a new server serves visitors, if only the load balancer can report the server's health. */
const targetMinutes = 20;

/** Returns true if no login is possible. Then only Hetzner can report the state of servers. */
const isBlind = ({ config }: Pick<Site, "config">): boolean => config.administrators.cidrs.length === 0;

/**
 * Returns the reasons why a server must not be replaced. Faults of the server itself do not count. Acknowledged writes exist on a majority
 * of the members, so a majority without this member must be healthy. Pure.
 * @param blind true if no login is possible. Then the load balancer's health checks decide about the other servers.
 */
export function replacementRefusals(snapshot: Snapshot, name: string, blind = false): readonly string[] {
  const server = snapshot.servers.find((one) => one.name === name);
  const others = snapshot.servers.filter((one) => one.name !== name);
  if (server === undefined) return [`no server ${name} exists`];
  if (blind)
    return others.flatMap((one) =>
      isWeb(one) && isDatabase(server) && one.healthy !== true
        ? [`${one.name}: the load balancer considers it unhealthy, and without a login its data cannot be checked`]
        : [],
    );
  return [...gate(snapshot, "replace", name), ...(isDatabase(server) ? minorityOf(server, others) : [])];
}

function minorityOf({ name, privateIp }: ServerState, others: readonly ServerState[]): readonly string[] {
  const members = others.filter(isDatabase);
  const healthy = members.filter(
    ({ observation }) => observation?.member?.state === "ONLINE" && observation.member.majority,
  );
  const counted = new Set([
    privateIp,
    ...members.map((one) => one.privateIp),
    ...members.flatMap(({ observation }) => [
      ...(observation?.member?.view ?? []),
      ...(observation?.member?.remembered ?? []),
    ]),
  ]);
  return healthy.length * 2 > counted.size
    ? []
    : [
        `without ${name}, ${healthy.length} of ${counted.size} members are healthy, which is not a majority: ${name} may have the only copy of ` +
          "acknowledged writes. Recover another member first. If the others are lost permanently, see: mysql-group force-bootstrap --help",
      ];
}

const keptOf = (server: ServerState | undefined): readonly string[] => server?.observation?.member?.kept ?? [];

/** Returns one line for everything that a replacement destroys. Pure. */
export function destroyed(
  snapshot: Snapshot,
  name: string,
  { newVolume = false }: ReplacementProps,
): readonly string[] {
  const server = snapshot.servers.find((one) => one.name === name);
  const last = snapshot.servers.every((one) => one.name === name || !isWeb(one) || one.healthy !== true);
  const volume = newVolume ? "its data volume; the data are copied from the other members" : "keeps its data volume";
  return [
    `${name}: the server and its system disk, with all logs and files on it; it keeps its addresses`,
    ...(server && isDatabase(server) ? [`${name}: ${volume}`] : []),
    ...(newVolume ? keptOf(server) : []).map(
      (folder) => `${name}: quarantined transactions in ${folder}, which no other member has`,
    ),
    ...(server && isWeb(server) && last
      ? ["no other web server serves visitors: the site is down until the new one serves"]
      : []),
  ];
}

/**
 * Replaces one server in any state. A rerun after an interruption starts over.
 * @param agree asks a person to confirm the listed losses. It throws an error if the person does not confirm.
 * @throws Error before any change, if the replacement is refused
 */
export async function replace(
  context: Context,
  name: string,
  props: ReplaceProps,
  agree: (lines: readonly string[]) => Promise<void>,
): Promise<void> {
  const { site, lock, progress } = context;
  const wanted = serverNamed(site, name);
  if (props.newVolume && !isDatabase(wanted)) throw new Error(`refused: ${name} has no data volume; omit --new-volume`);
  const first = await lookForReplacement(site, name);
  await progress.step(`${name}: checks what the replacement would change`, (report) =>
    site.cloud.prepare(wanted, report),
  );
  await agree(destroyed(first, name, props));
  // The state is read again, because another server may have failed since the plan was created or the person was asked.
  const snapshot = await lookForReplacement(site, name);
  await lock.setInHand(name);
  await stepDown(context, name, snapshot);
  const server = snapshot.servers.find((one) => one.name === name) ?? { name, observation: undefined };
  await shutDown(context, server, "a healthy majority of the other members has all acknowledged writes");
  await othersServe(context, wanted);
  await progress.step(`${name}: is replaced`, (report) => site.cloud.replace(wanted, report, props));
  await comesBack(context, wanted, snapshot, props).catch((error: Error) => {
    throw new Error(`${error.message}\nAfter a fix, run the same command again; it replaces the server again`, {
      cause: error,
    });
  });
  if (!isBlind(site)) await forgetUnknown(context, await look(site));
  await lock.setInHand(undefined);
  progress.say(`${name} is replaced; if it was compromised, rotate all its secrets: docs/runbook.md, "ssh-login"`);
}

/** Reads the current state. @throws Error with the reasons, if the server must not be replaced */
async function lookForReplacement(site: Site, name: string): Promise<Snapshot> {
  const snapshot = await look(site);
  const refusals = replacementRefusals(snapshot, name, isBlind(site));
  if (refusals.length > 0) throw new Error(`refused, nothing was changed:\n  ${refusals.join("\n  ")}`);
  return snapshot;
}

/** Waits until the other members accept writes without this server. No resource is deleted before. */
async function othersServe({ site, progress }: Context, { name, roles }: ServerConfig): Promise<void> {
  if (!roles.includes("database")) return;
  await progress.step(`${name}: the other members serve without it`, (report) =>
    waitUntil(
      "they serve",
      async () => {
        const snapshot = await look(site);
        const servers = snapshot.servers.filter((one) => one.name !== name);
        return (
          replacementRefusals(snapshot, name, isBlind(site))[0] ??
          (isBlind(site) ? undefined : groupFaults({ servers })[0])
        );
      },
      { limitSeconds: electionSeconds, report },
    ),
  );
}

/** Faults that the new server may share with the other servers, such as a broken release. */
const shared: readonly FaultKind[] = ["member-unseen", "not-ready", "target-unhealthy"];

async function comesBack(
  context: Context,
  { name, roles }: ServerConfig,
  before: Snapshot,
  { patienceMinutes }: ReplaceProps,
): Promise<void> {
  const { site, progress } = context;
  if (!isBlind(site)) {
    const elsewhere = faultsOf(before).filter(({ server, text }) => server !== name && !text.includes(` ${name} `));
    const tolerated = shared.filter((kind) => elsewhere.some((fault) => fault.kind === kind));
    return awaitBack(context, name, { minutes: patienceMinutes, tolerated });
  }
  if (roles.includes("web"))
    await progress.step(`${name}: the load balancer considers it healthy`, (report) =>
      waitUntil(
        `${name} is healthy`,
        async () =>
          targetHealth(site.config, await site.cloud.targets(), () => true).of(name)
            ? undefined
            : "its target is not healthy",
        { limitSeconds: (patienceMinutes ?? targetMinutes) * 60, pauseSeconds: 5, report },
      ),
    );
  if (roles.includes("database"))
    progress.say(
      `${name}: its members cannot be checked without a login; before the next change, check in the database dashboard that all members are ONLINE`,
    );
}
