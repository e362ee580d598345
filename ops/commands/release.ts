import { type Context, lookWell } from "../core/maintain.js";
import { look } from "../core/observe.js";
import { sleep, waitUntil } from "../core/shell.js";
import { loginOf, serverNamed } from "../core/site.js";
import { isWeb, type Release, type ServerState, type Snapshot } from "../core/snapshot.js";
import { paths } from "../../modules/platform/paths.js";

/** Download, trial with its migrations, switch: the trial alone may take 75 s. */
const deploySeconds = 300;
/** How long the first server runs a new release alone. */
const trialSeconds = 10;

/** One server's change, and what it ran before. */
export interface Change {
  readonly server: string;
  readonly to: Release;
  /** @default - it ran none */
  readonly from?: Release;
}

/**
 * Which servers change, in what order; those that have the release already are left alone. Pure.
 * @param inHand server that an interrupted run has left in hand: it comes first @default - none
 */
export const changesTo = ({ servers }: Snapshot, to: Release, inHand?: string): readonly Change[] =>
  servers
    .filter(isWeb)
    .map(({ name, observation }) => ({ server: name, to, from: observation?.releases[0] }))
    .filter(({ from }) => from?.sha256 !== to.sha256)
    .sort((a, b) => Number(b.server === inHand) - Number(a.server === inHand));

/**
 * The release before the one that runs: what most web servers were switched to before. Pure.
 * @throws when none is kept
 */
export function previousRelease({ servers }: Snapshot): Release {
  const kept = servers.filter(isWeb).flatMap(({ observation }) => observation?.releases[1] ?? []);
  const votes = (release: Release): number => kept.filter(({ sha256 }) => sha256 === release.sha256).length;
  const [previous] = [...kept].sort((a, b) => votes(b) - votes(a));
  if (previous === undefined)
    throw new Error("refused: no web server keeps an earlier release; name one: npm run ops release URL SHA256");
  return previous;
}

/**
 * Brings a release to all web servers, one at a time. The first failure takes back what was already switched. After an interruption the
 * same command goes on: servers that have the release are left alone, once the one in hand serves.
 * @throws Error when it is refused, or when a server does not serve with the release; then with what was taken back
 */
export async function release(context: Context, wanted: Release | undefined): Promise<void> {
  const { site, lock, progress } = context;
  const snapshot = await lookWell(context);
  const to = wanted ?? previousRelease(snapshot);
  progress.say(`${to.url} ${to.sha256}`);
  const changes = changesTo(snapshot, to, lock.inHand);
  if (lock.inHand !== undefined && changes[0]?.server !== lock.inHand) {
    await serving(context, lock.inHand);
    await lock.setInHand(undefined);
  }
  await switchAll(context, changes);
  if (changes.length === 0) progress.say("every web server runs it already");
  const { application } = site.config;
  if (application.sha256 !== to.sha256 || application.url !== to.url)
    progress.say(
      `now write it into environments/${site.config.environment}.ts, so that new servers start with it:\n` +
        `  application: { url: "${to.url}", sha256: "${to.sha256}" },`,
    );
}

/** The first server runs the release alone for a while. @throws at the first failure, with what was taken back */
async function switchAll(context: Context, changes: readonly Change[]): Promise<void> {
  const { progress } = context;
  const done: Change[] = [];
  for (const change of changes) {
    try {
      await switchTo(context, change.server, change.to);
      if (done.length === 0 && changes.length > 1)
        await progress.step(`${change.server}: serves with it alone for ${trialSeconds} s`, async () => {
          await sleep(trialSeconds);
          await serving(context, change.server);
        });
      done.push(change);
    } catch (error) {
      const left = await takeBack(context, [change, ...done.reverse()]);
      const outcome =
        left.length === 0
          ? "all web servers run what they ran before"
          : `not taken back:\n  ${left.join("\n  ")}\nsee npm run ops status; then npm run ops release with what all are to run`;
      throw new Error(`${(error as Error).message}\n${outcome}; read there: journalctl -u app -u app-trial`, {
        cause: error,
      });
    }
  }
}

async function switchTo(context: Context, server: string, { url, sha256 }: Release): Promise<void> {
  const { site, lock, progress } = context;
  serverNamed(site, server);
  await progress.step(`${server}: takes up ${sha256.slice(0, 8)}`, async (report) => {
    await lock.setInHand(server);
    const command = [paths.application.deploy, url, sha256];
    report((await site.ssh.run(loginOf(site, server), command, { timeoutSeconds: deploySeconds })).trim());
    await serving(context, server);
    await lock.setInHand(undefined);
  });
}

/** Waits until a server's application works, and the balancer finds it healthy. */
const serving = ({ site }: Context, name: string): Promise<void> =>
  waitUntil(
    `${name} serves`,
    async () => {
      const server = (await look(site)).servers.find((one) => one.name === name);
      return server && isServing(server) ? undefined : "the application is not ready, or the balancer finds it sick";
    },
    { limitSeconds: 60, pauseSeconds: 1 },
  );

const isServing = ({ observation, healthy }: ServerState): boolean => observation?.serves === true && healthy === true;

/**
 * Back to what ran before, also on the server that failed: `deploy-app` has most likely gone back there by itself. One that cannot go back
 * does not keep the others from it.
 * @returns what is left as it is, and why; the first such server stays in hand
 */
async function takeBack(context: Context, changes: readonly Change[]): Promise<readonly string[]> {
  const left = new Map<string, string>();
  for (const { server, from } of changes) {
    if (from === undefined) left.set(server, "it is not known to have run a release before");
    else await switchTo(context, server, from).catch((error: Error) => left.set(server, error.message));
  }
  await context.lock.setInHand([...left.keys()][0]);
  return [...left].map(([server, why]) => `${server}: ${why}`);
}
