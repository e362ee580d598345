import * as z from "zod";
import { toProblems } from "../../modules/config/issues.js";
import { problemLine } from "../../modules/config/problem.js";
import { releaseLine } from "../../modules/config/release.js";
import { downloadUrl, sha256 } from "../../modules/config/values/index.js";
import { paths } from "../../modules/platform/paths.js";
import { outOfReach } from "../core/judge.js";
import { type Context, lookFor } from "../core/maintain.js";
import { look } from "../core/observe.js";
import { sleep, waitUntil } from "../core/shell.js";
import { loginOf, serverNamed } from "../core/site.js";
import { isWeb, type Release, type ServerState, type Snapshot } from "../core/snapshot.js";

/** Maximum seconds until a server runs the new release: download, trial with migrations, switch. The trial alone may take 75 s. */
const deploySeconds = 300;
/** Seconds during which only the first server runs a new release, before the other servers get it. */
const trialSeconds = 10;

const named = z.object({ url: downloadUrl, sha256 });

/**
 * Returns the release that the arguments name, or `undefined` for the previous release.
 * @throws Error with all problems of the arguments
 */
export function releaseNamed(args: { readonly url?: string; readonly sha256?: string }, rollback = false) {
  const isNamed = args.url !== undefined && args.sha256 !== undefined;
  if (isNamed === rollback || (rollback && args.url !== undefined))
    throw new Error("release: requires URL and SHA256, or only --rollback");
  if (rollback) return undefined;
  const { data, error } = named.safeParse(args);
  if (data) return data;
  const problems = error.issues.flatMap((issue) => toProblems(issue, args, () => []));
  throw new Error(["release: nothing was changed:", ...problems.map(problemLine)].join("\n  "));
}

/** Change of one server to another release. */
export interface Change {
  readonly server: string;
  readonly to: Release;
  /** Release that the server runs before the change. @default - the server has no release */
  readonly from?: Release;
  /** Whether the server served visitors before the change. */
  readonly served: boolean;
}

/** Exit code of deploy-app if neither the new release nor the previous release is healthy. */
const switchedUnhealthy = 3;

/**
 * Returns the changes of the servers, in order. Servers that already have the release and servers that cannot be reached do not change.
 * Pure.
 * @param inHand server that an interrupted run left unfinished; it is changed first @default - none
 */
export const changesTo = (snapshot: Snapshot, to: Release, inHand?: string): readonly Change[] =>
  snapshot.servers
    .filter((server) => isWeb(server) && !outOfReach(snapshot).has(server.name))
    .map((server) => ({
      server: server.name,
      to,
      from: server.observation?.releases[0],
      served: isServing(server),
    }))
    .filter(({ from }) => from?.sha256 !== to.sha256)
    .sort((a, b) => Number(b.server === inHand) - Number(a.server === inHand));

/**
 * Returns true if every reachable web server still has this release. Then the change to it is a rollback: it runs no migrations and needs
 * no database.
 * Pure.
 */
const isInstalled = (snapshot: Snapshot, { sha256 }: Release): boolean => {
  const absent = outOfReach(snapshot);
  const reachable = snapshot.servers.filter((server) => isWeb(server) && !absent.has(server.name));
  return reachable.every(({ observation }) => observation?.releases.some((kept) => kept.sha256 === sha256));
};

/**
 * Returns the previous release, which is the release that most web servers ran before the current release. Pure.
 * @throws Error if no server has a previous release. Error if the servers have different previous releases, for example after an
 * incomplete rollback.
 */
export function previousRelease({ servers }: Snapshot): Release {
  const kept = servers.filter(isWeb).flatMap(({ observation }) => observation?.releases[1] ?? []);
  const votes = (release: Release): number => kept.filter(({ sha256 }) => sha256 === release.sha256).length;
  const [previous, ...others] = [...kept].sort((a, b) => votes(b) - votes(a));
  if (previous === undefined)
    throw new Error("refused: no web server keeps an earlier release; specify one: npm run ops release URL SHA256");
  const tied = others.find((one) => one.sha256 !== previous.sha256 && votes(one) === votes(previous));
  if (tied !== undefined)
    throw new Error(
      "refused: the web servers have different previous releases; specify one: npm run ops release URL SHA256\n" +
        [previous, tied].map(({ url, sha256 }) => `  ${url} ${sha256}`).join("\n"),
    );
  return previous;
}

/**
 * Changes all reachable web servers to a release, one at a time. If a server fails, all changed servers get their previous release back. A
 * server that was out of service before a rollback may stay out of service. A rerun continues where this run stopped.
 * @throws Error if the release is refused. Error if a server fails with the release; the message lists the servers that could not be
 * rolled back.
 */
export async function release(context: Context, wanted: Release | undefined): Promise<void> {
  const { site, lock, progress } = context;
  const { command, snapshot } = await permitted(context, wanted);
  const to = wanted ?? previousRelease(snapshot);
  progress.say(`${to.url} ${to.sha256}`);
  const absent = [...outOfReach(snapshot)].filter(([name]) =>
    snapshot.servers.some((one) => one.name === name && isWeb(one)),
  );
  if (absent.length === snapshot.servers.filter(isWeb).length)
    throw new Error(`refused: no web server can be reached:\n  ${absent.map(([, why]) => why).join("\n  ")}`);
  const changes = changesTo(snapshot, to, lock.inHand);
  if (lock.inHand !== undefined && changes[0]?.server !== lock.inHand && !outOfReach(snapshot).has(lock.inHand))
    await finish(context, lock.inHand, command);
  await switchAll(context, changes, command);
  if (changes.length === 0) progress.say("every reachable web server already runs this release");
  for (const [name, why] of absent)
    progress.say(
      `${why}; it keeps its old release. When ${name} is reachable again, run npm run ops release ${to.url} ${to.sha256}. ` +
        `If it stays unreachable, run npm run ops replace ${name}`,
    );
  const { application } = site.config;
  if (application.sha256 !== to.sha256 || application.url !== to.url)
    progress.say(
      `now write the release into environments/${site.config.environment}.ts, so that new servers start with it:\n` +
        `  ${releaseLine(application, to.url, to.sha256)}`,
    );
}

/** Checks whether the change is a release or a rollback, and whether faults stop it. @throws Error with the faults that stop it */
async function permitted(context: Context, wanted: Release | undefined) {
  const isReturn = wanted === undefined || isInstalled(await look(context.site), wanted);
  const command = isReturn ? "rollback" : "release";
  const snapshot = await lookFor(context, command).catch((error: Error) => {
    throw new Error([error.message, ...(isReturn ? [] : [withoutMigrations])].join("\n"), { cause: error });
  });
  return { command, snapshot } as const;
}

/** Completes an interrupted change of a server that already runs the release. @throws Error if the release does not serve on this server */
async function finish(context: Context, server: string, command: "release" | "rollback"): Promise<void> {
  const lack = await serving(context, server).catch((error: Error) => error);
  if (lack && command === "release") throw lack;
  await context.lock.setInHand(undefined);
}

/** Explains why a fault of the database stops a new release, and which command is possible instead. */
const withoutMigrations =
  "A new release needs a writable database, because its migrations and its test run before the switch. " +
  "To return to a release that the servers keep: npm run ops release -- --rollback, or its URL and SHA256";

/**
 * Changes the servers one after the other, with a pause after the first server. @throws Error at the first failure; the message lists the
 * servers that keep the release
 */
async function switchAll(context: Context, changes: readonly Change[], command: "release" | "rollback"): Promise<void> {
  const { progress } = context;
  const done: Change[] = [];
  for (const change of changes) {
    try {
      await switchTo(context, change, command === "release" || change.served);
      if (done.length === 0 && changes.length > 1 && change.served)
        await progress.step(`${change.server}: runs the new release alone for ${trialSeconds} s`, async () => {
          await sleep(trialSeconds);
          await serving(context, change.server);
        });
      done.push(change);
    } catch (error) {
      const left = await takeBack(context, [change, ...done.reverse()]);
      const outcome =
        left.length === 0
          ? "all web servers run their previous release again"
          : `not rolled back:\n  ${left.join("\n  ")}\nCheck npm run ops status, then run npm run ops release with the release that all servers must run`;
      throw new Error(`${(error as Error).message}\n${outcome}; on the server, read: journalctl -u app -u app-trial`, {
        cause: error,
      });
    }
  }
}

/** Changes one server. @param mustServe whether the change fails if the server does not serve afterwards */
async function switchTo(context: Context, { server, to }: Change, mustServe: boolean): Promise<void> {
  const { site, lock, progress } = context;
  serverNamed(site, server);
  await progress.step(`${server}: activates release ${to.sha256.slice(0, 8)}`, async (report) => {
    await lock.setInHand(server);
    const command = [paths.application.deploy, to.url, to.sha256];
    const login = loginOf(site, server);
    const ended = await site.ssh.tryRun(login, command, { timeoutSeconds: deploySeconds });
    if (!ended.ok && (mustServe || ended.exitCode !== switchedUnhealthy))
      throw new Error(`${server}: ${[ended.stderr, ended.stdout].join("\n").trim()}`);
    report((ended.stdout + ended.stderr).trim());
    // If deploy-app reports that neither release is healthy, it has already waited a minute, so this command does not wait again.
    const lack = ended.ok ? await serving(context, server).catch((error: Error) => error) : new Error("not healthy");
    if (lack && mustServe) throw lack;
    if (lack) report(`${server}: was out of service before and still is; it keeps this release`);
    await lock.setInHand(undefined);
  });
}

/** Waits until a server's application works and, if the server is in service, the load balancer finds it healthy. */
const serving = ({ site }: Context, name: string): Promise<void> =>
  waitUntil(
    `${name} serves`,
    async () => {
      const server = (await look(site)).servers.find((one) => one.name === name);
      return server && isWorking(server)
        ? undefined
        : "the application is not ready, or the load balancer considers the server unhealthy";
    },
    { limitSeconds: 60, pauseSeconds: 1 },
  );

const isServing = ({ observation, healthy }: ServerState): boolean => observation?.serves === true && healthy === true;

/**
 * Returns true if the application of a server works. A server that is out of service, or not yet a target, need not be healthy at the load
 * balancer.
 */
const isWorking = ({ observation, healthy }: ServerState): boolean =>
  observation?.serves === true && (healthy !== false || observation.inService === false);

/**
 * Changes servers back to their previous release, including the server that failed, although `deploy-app` has most likely changed that
 * server back itself. If a server cannot be changed back, the others still are.
 * @returns servers that keep the new release, each with the reason. The lock records the first of them.
 */
async function takeBack(context: Context, changes: readonly Change[]): Promise<readonly string[]> {
  const left = new Map<string, string>();
  for (const change of changes) {
    const { server, from, served } = change;
    if (from === undefined) left.set(server, "its previous release is unknown");
    else
      await switchTo(context, { ...change, to: from }, served).catch((error: Error) => left.set(server, error.message));
  }
  await context.lock.setInHand([...left.keys()][0]);
  return [...left].map(([server, why]) => `${server}: ${why}`);
}
