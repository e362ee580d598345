import { type Context, forgetUnknown, passGate, shutDown, stepDown } from "../core/maintain.js";
import { look } from "../core/observe.js";
import { isDatabase, isWeb, primaryOf, type ServerState, type Snapshot } from "../core/snapshot.js";

/** Options of {@link remove}. */
export interface RemoveProps {
  /** True if the quarantined transactions on the server's volume may be deleted. @default false */
  readonly discardQuarantined?: boolean;
}

/**
 * Returns the reasons why a server must not be removed. Pure.
 * @param snapshot state of the configured servers and of this server
 */
export function removalRefusals(
  snapshot: Snapshot,
  name: string,
  { discardQuarantined = false }: RemoveProps = {},
): readonly string[] {
  const leaving = snapshot.servers.find((server) => server.name === name);
  if (leaving === undefined) return [`no server ${name} exists`];
  const others = snapshot.servers.filter((server) => server !== leaving);
  const serve = others.some(
    (server) => isWeb(server) && server.healthy === true && server.observation?.inService && server.observation.serves,
  );
  return [
    ...(isWeb(leaving) && !serve ? [`${name} is the only web server that serves visitors`] : []),
    ...(isDatabase(leaving) ? majorityRefusal(snapshot, leaving) : []),
    ...(isDatabase(leaving) && !discardQuarantined ? quarantineRefusal(leaving) : []),
  ];
}

/** Returns a refusal if the server's volume, which is deleted with the server, contains quarantined transactions. */
function quarantineRefusal({ name, observation }: ServerState): readonly string[] {
  const member = observation?.member;
  if (member && (member.kept ?? []).length === 0) return [];
  const what = member
    ? `${name} has quarantined transactions, which no other member has: ${(member.kept ?? []).join(", ")}`
    : `${name} does not report whether its volume contains quarantined transactions`;
  return [`${what}; if they are not needed, add --discard-quarantined`];
}

/** Returns a refusal if the remaining members would not be a majority. The group counts the removed member until it forgets that member. */
function majorityRefusal(snapshot: Snapshot, { name, privateIp }: ServerState): readonly string[] {
  const group = (primaryOf(snapshot) ?? snapshot.servers.find(isDatabase))?.observation?.member;
  if (!group) return ["the group does not report its members"];
  const left = group.view.filter((address) => address !== privateIp);
  const counted = new Set([...group.remembered, ...group.view]);
  return left.length * 2 > counted.size
    ? []
    : [`without ${name}, ${left.length} of the ${counted.size} counted members would be left, which is not a majority`];
}

/**
 * Removes a server that is no longer configured, and the resources that only this server uses. Resources that visitors use are removed
 * first. Each step depends only on the current state, so a rerun continues after an interruption. @throws Error with the reason, if the
 * server must not be removed
 */
export async function remove(context: Context, name: string, props: RemoveProps = {}): Promise<void> {
  const { site, lock, progress } = context;
  if (site.config.servers.some((server) => server.name === name))
    throw new Error(
      `refused: ${name} is in the configuration; remove it from environments/${site.config.environment}.ts first, ` +
        "so that no deploy creates it again",
    );
  // This check comes before any change: the configuration must be valid, and only this server may be removed.
  await progress.step(`${name}: checks what its removal would change`, (report) =>
    site.cloud.prepareRemoval(name, report),
  );
  const leaving = (await look(site)).outside.find((server) => server.name === name);
  if (leaving !== undefined) {
    const snapshot = await passGate(context, { also: [leaving], inHand: name, command: "remove" });
    // If an interrupted run shut the server down, that run has already checked the volume.
    const refusals = removalRefusals(snapshot, name, lock.inHand === name ? { discardQuarantined: true } : props);
    if (refusals.length > 0) throw new Error(`refused: ${refusals.join("; ")}`);
    await lock.setInHand(name);
    await stepDown(context, name, snapshot);
    await shutDown(
      context,
      snapshot.servers.find((server) => server.name === name) ?? { name, observation: undefined },
    );
  }
  await lock.setInHand(name);
  await progress.step(`${name}: is removed`, (report) => site.cloud.remove(name, report));
  await forgetUnknown(context, await passGate(context, { command: "remove" }), name);
  await lock.setInHand(undefined);
  progress.say(`${name} is removed; run \`npm run deploy\` to update outputs and monitoring`);
}
