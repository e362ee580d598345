import { type Context, forgetUnknown, passGate, shutDown, stepDown } from "../core/maintain.js";
import { look } from "../core/observe.js";
import { isDatabase, isWeb, primaryOf, type ServerState, type Snapshot } from "../core/snapshot.js";

/** Options of {@link remove}. */
export interface RemoveProps {
  /** Whether quarantined transactions on its volume are not needed. @default false */
  readonly discardQuarantined?: boolean;
}

/**
 * Why a server may not be removed; empty if it may. Pure.
 * @param snapshot of the configuration's servers and of this one
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

/** Its volume is deleted with it. */
function quarantineRefusal({ name, observation }: ServerState): readonly string[] {
  const member = observation?.member;
  if (member && (member.kept ?? []).length === 0) return [];
  const what = member
    ? `${name} has quarantined transactions, which no other member has: ${(member.kept ?? []).join(", ")}`
    : `${name} does not report whether its volume contains quarantined transactions`;
  return [`${what}; if they are not needed, add --discard-quarantined`];
}

/** Those who are left must be more than half of all whom the group counts, for as long as it counts the one that goes. */
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
 * Takes a server away that the configuration no longer has: from the visitors inwards, and nothing that anybody still uses. What it does
 * follows from what it finds: run again after an interruption, it goes on. @throws when the server must stay; says why
 */
export async function remove(context: Context, name: string, props: RemoveProps = {}): Promise<void> {
  const { site, lock, progress } = context;
  if (site.config.servers.some((server) => server.name === name))
    throw new Error(
      `refused: ${name} is in the configuration; remove it from environments/${site.config.environment}.ts first, ` +
        "so that no deploy creates it again",
    );
  // Known before anything is touched: the configuration passes, and nothing but this server would go.
  await progress.step(`${name}: checks what its removal would change`, (report) =>
    site.cloud.prepareRemoval(name, report),
  );
  const leaving = (await look(site)).outside.find((server) => server.name === name);
  if (leaving !== undefined) {
    const snapshot = await passGate(context, { also: [leaving], inHand: name, command: "remove" });
    // An interrupted run has checked the volume before it shut the server down.
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
