import { gate, inOrder } from "../core/judge.js";
import {
  awaitBack,
  type Context,
  firstBootFault,
  forgetUnknown,
  nextOf,
  passGate,
  shutDown,
  stepDown,
} from "../core/maintain.js";
import { look } from "../core/observe.js";
import type { Progress } from "../core/progress.js";
import { changingOver, sayChangeover } from "./changeover.js";
import { serverNamed, type Site } from "../core/site.js";
import type { ServerState } from "../core/snapshot.js";

/** Options of {@link rollout}. */
export interface RolloutProps {
  /** Names of the servers to process. @default - all */
  readonly only?: readonly string[];
  /** Whether servers that are not outdated are replaced too. Then `only` must name them. @default false */
  readonly evenCurrent?: boolean;
  /** Maximum minutes until a server is healthy. @default backMinutes */
  readonly patienceMinutes?: number;
}

/** Returns a function that decides whether a server must be replaced. Pure. @param done servers that this run has already replaced */
export const isWanted =
  ({ only = [], evenCurrent = false }: RolloutProps, done: ReadonlySet<string> = new Set()) =>
  ({ name, cloud }: ServerState): boolean =>
    (only.length === 0 || only.includes(name)) && !done.has(name) && (cloud?.current !== true || evenCurrent);

/**
 * Returns true if the server that an interrupted run was replacing must be replaced again. Returns false if the command only waits until
 * the server is healthy. Pure.
 * @param isWhole whether the creation of the server was complete, as returned by `Cloud.prepare`
 */
export const mustReplace = (server: ServerState, isWhole: boolean, evenCurrent = false): boolean =>
  evenCurrent ||
  !isWhole ||
  server.cloud === undefined ||
  !server.cloud.running ||
  !server.cloud.current ||
  firstBootFault(server) !== undefined;

/** Prints the steps of {@link rollout} and the faults that prevent it. @returns exit code: 1 if a fault prevents the start */
export async function dryRun(site: Site, props: RolloutProps, { say }: Pick<Progress, "say">): Promise<number> {
  await sayChangeover(site, say);
  const snapshot = await look(site);
  const inHand = (await site.lock.read())?.inHand;
  if (inHand !== undefined) say(`${inHand}: was left unfinished by an interrupted run and is processed first`);
  const wanted = inOrder(snapshot.servers.filter(isWanted(props))).filter(({ name }) => name !== inHand);
  for (const { name, observation } of wanted)
    say(
      `${name}: will be replaced${observation?.member?.role === "PRIMARY" ? " after it has transferred the primary role" : ""}`,
    );
  if (wanted.length === 0 && inHand === undefined) say("every server is current; nothing to do");
  const faults = gate(snapshot, "rollout", inHand);
  for (const fault of faults) say(`prevents the rollout: ${fault}`);
  return faults.length > 0 ? 1 : 0;
}

/**
 * Replaces outdated servers, one at a time. Each step depends only on the current state, so a rerun continues after an interruption or
 * failure. @throws at the first failure; the other servers keep serving
 */
export async function rollout(context: Context, props: RolloutProps): Promise<void> {
  const { site, lock, progress } = context;
  for (const name of props.only ?? []) serverNamed(site, name);
  if (props.evenCurrent && !props.only?.length) throw new Error("refused: --even-current requires the servers' names");
  const began = performance.now();
  const done = new Set<string>();
  await changingOver(context, async () => {
    const waiting = nextOf(await look(site), isWanted(props, done), lock.inHand);
    if (waiting === undefined) return false;
    const snapshot = await passGate(context, { inHand: lock.inHand });
    // During the wait, another member may have become the primary.
    const next = nextOf(snapshot, isWanted(props, done), lock.inHand) ?? waiting;
    await replaceOne(context, next, props);
    done.add(next.name);
    return true;
  });
  if (done.size === 0) await forgetUnknown(context, await look(site));
  const minutes = (performance.now() - began) / 60_000;
  progress.say(
    done.size === 0
      ? "every server is current; nothing to do"
      : `${[...done].join(", ")} replaced in ${minutes.toFixed(1)} minutes`,
  );
}

async function replaceOne(
  context: Context,
  server: ServerState,
  { evenCurrent = false, patienceMinutes }: RolloutProps,
): Promise<void> {
  const { site, lock, progress } = context;
  const { name } = server;
  const wanted = serverNamed(site, name);
  // This check comes before any change: the configuration must be valid, and no other resource may change.
  const isWhole = await progress.step(`${name}: checks what its replacement would change`, (report) =>
    site.cloud.prepare(wanted, report),
  );
  if (lock.inHand !== name || mustReplace(server, isWhole, evenCurrent)) {
    // The state is read again, because another server may have failed since the plan was created.
    const snapshot = await passGate(context, { inHand: lock.inHand });
    await lock.setInHand(name);
    await stepDown(context, name, snapshot);
    await shutDown(context, server);
    await progress.step(`${name}: is replaced`, (report) => site.cloud.replace(wanted, report));
  } else
    await progress.step(`${name}: was replaced by the interrupted run; completes that run`, (report) =>
      site.cloud.complete(wanted, report),
    );
  await awaitBack(context, name, { minutes: patienceMinutes }).catch((error: Error) => {
    throw new Error(
      `${error.message}\nAfter a fix, run the same command again: if the payload changed, the server is rebuilt; otherwise the command waits for this server. ` +
        `To rebuild it in any case: npm run ops replace ${name}`,
      { cause: error },
    );
  });
  // Unknown addresses are removed before the next replacement. If the group counted such an address, it could lose its majority.
  await forgetUnknown(context, await look(site));
  await lock.setInHand(undefined);
}
