import { type Context, passGate, shutDown, stepDown } from "../core/maintain.js";
import { look } from "../core/observe.js";
import { loginOf } from "../core/site.js";
import { isDatabase, isWeb, primaryOf, type ServerState, type Snapshot } from "../core/snapshot.js";

/** Why a server may not go; empty when it may. Pure. @param snapshot of the configuration's servers and of this one */
export function removalRefusals(snapshot: Snapshot, name: string): readonly string[] {
  const leaving = snapshot.servers.find((server) => server.name === name);
  if (leaving === undefined) return [`no server ${name} exists`];
  const others = snapshot.servers.filter((server) => server !== leaving);
  const serve = others.some(
    (server) => isWeb(server) && server.healthy === true && server.observation?.inService && server.observation.serves,
  );
  return [
    ...(isWeb(leaving) && !serve ? [`${name} is the only web server that takes visitors`] : []),
    ...(isDatabase(leaving) ? majorityRefusal(snapshot, leaving) : []),
  ];
}

/** Those who are left must be more than half of all whom the group counts, for as long as it counts the one that goes. */
function majorityRefusal(snapshot: Snapshot, { name, privateIp }: ServerState): readonly string[] {
  const group = (primaryOf(snapshot) ?? snapshot.servers.find(isDatabase))?.observation?.member;
  if (!group) return ["the group does not tell who is in it"];
  const left = group.view.filter((address) => address !== privateIp);
  const counted = new Set([...group.remembered, ...group.view]);
  return left.length * 2 > counted.size
    ? []
    : [
        `without ${name}, ${left.length} of the ${counted.size} members that the group counts would be left, which is no majority`,
      ];
}

/**
 * Takes a server away that the configuration no longer has: from the visitors inwards, and nothing that anybody still uses. What it does
 * follows from what it finds: run again after an interruption, it goes on. @throws when the server must stay; says why
 */
export async function remove(context: Context, name: string): Promise<void> {
  const { site, lock, progress } = context;
  if (site.config.servers.some((server) => server.name === name))
    throw new Error(
      `refused: ${name} is in the configuration; take it out of environments/${site.config.environment}.ts first, ` +
        "so that no deploy makes it anew",
    );
  // Known before anything is touched: the configuration passes, and nothing but this server would go.
  await progress.step(`${name}: what its removal would do`, (report) => site.cloud.prepareRemoval(name, report));
  const leaving = (await look(site)).outside.find((server) => server.name === name);
  if (leaving !== undefined) {
    const snapshot = await passGate(context, { also: [leaving], inHand: name });
    const refusals = removalRefusals(snapshot, name);
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
  await forget(context, name);
  await lock.setInHand(undefined);
  progress.say(`${name} is gone; \`npm run deploy\` for what spoke of it beside (outputs, monitoring)`);
}

/** Members of the group's list that are neither configured nor in the group; pure. */
export const strangersOf = (server: ServerState, { servers }: Snapshot): readonly string[] => {
  const member = server.observation?.member;
  const known = new Set([...servers.map(({ privateIp }) => privateIp), ...(member?.view ?? [])]);
  return (member?.remembered ?? []).filter((address) => !known.has(address));
};

/** Members that are left no longer wait for it after a total outage, nor count it in their majority. */
async function forget(context: Context, name: string): Promise<void> {
  const { site, progress } = context;
  const snapshot = await passGate(context, {});
  for (const server of snapshot.servers.filter(isDatabase))
    for (const address of strangersOf(server, snapshot))
      await progress.step(`${server.name}: forgets ${address}`, async (report) => {
        const login = loginOf(site, server.name);
        // A member that was made when the configuration had the name knows it by that.
        const byName = await site.ssh.tryRun(login, ["mysql-group", "forget", name]);
        report(
          byName.ok ? byName.stdout.trim() : (await site.ssh.run(login, ["mysql-group", "forget", address])).trim(),
        );
      });
}
