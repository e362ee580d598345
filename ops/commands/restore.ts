import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { serversWithRole, type Config } from "../../modules/config/schema.js";
import { paths } from "../../modules/platform/paths.js";
import { archiveOf } from "../archive/archive.js";
import { faults } from "../core/judge.js";
import { look } from "../core/observe.js";
import type { Progress } from "../core/progress.js";
import { waitUntil } from "../core/shell.js";
import type { Report, Site } from "../core/site.js";
import { timelinesOf, type Timeline } from "./backups.js";

/** Maximum hours of a restore. A restore of a terabyte of data and a day of logs takes less. */
const patienceHours = 12;

/** Properties of {@link restore}. */
export interface RestoreProps {
  /** Point in time of the restore, in the format of the setting `restore.at`: a time, "latest" or "before GTID". */
  readonly at: string;
  /**
   * Name of the timeline. @default - the configured timeline; otherwise the timeline of the environment; otherwise the most recently
   * written timeline
   */
  readonly timeline?: string;
  /** Exclusions of the restore, as in an environment's `restore`. @default - none */
  readonly choice?: RestoreChoice;
}

/** Exclusions of a restore. */
export type RestoreChoice = Partial<
  Pick<NonNullable<Config["restore"]>, "excludeServers" | "excludeLogs" | "uploadedBefore" | "branch">
>;

/**
 * Prints the steps that restore a point in time. If the configuration already contains this restore, the command waits until the site
 * serves again, and prints the remaining steps.
 */
export async function restore(config: Config, props: RestoreProps, open: () => Promise<Site>, progress: Progress) {
  const found = chosen(await timelinesOf(archiveOf(config)), config, props.timeline);
  const refusal = refusalOf(found, props.at);
  if (refusal !== undefined) throw new Error(`restore: ${refusal}`);
  const wanted = { timeline: found.name, at: props.at, ...props.choice };
  if (!isConfigured(config, wanted)) {
    console.log(toWrite(config, found, wanted));
    return;
  }
  const site = await open();
  await progress.step("the site is restored from the archive", (report) => follow(site, report));
  console.log(toTakeOut(config));
}

/** Returns true if the configuration already contains this restore. */
const isConfigured = (
  { restore }: Config,
  wanted: RestoreChoice & { readonly timeline: string; readonly at: string },
) =>
  restore !== undefined &&
  isDeepStrictEqual(
    { ...restore, startJobs: false },
    { excludeServers: [], excludeLogs: [], ...wanted, startJobs: false },
  );

/** Returns the requested timeline. @throws Error if the timeline does not exist */
export function chosen(timelines: readonly Timeline[], config: Config, wanted?: string): Timeline {
  const named = wanted ?? config.restore?.timeline;
  const own = timelines.find(({ name }) => name === config.database.groupName);
  const found = named === undefined ? (own ?? timelines[0]) : timelines.find(({ name }) => name === named);
  if (found !== undefined) return found;
  const there = timelines.map(({ name, until }) => `${name} until ${until}`).join(", ");
  throw new Error(`restore: the bucket has no timeline ${named ?? ""}; existing timelines: ${there || "none"}`);
}

/**
 * Returns the reason why a point in time cannot be restored, or `undefined`. The function only knows the names of the objects in the
 * bucket. Pure.
 */
export function refusalOf({ name, bases, until }: Timeline, at: string): string | undefined {
  const [oldest] = bases;
  if (oldest === undefined || until === null) return `${name} has no base backup or no log, so it cannot be restored`;
  const moment = Date.parse(at);
  if (Number.isNaN(moment)) return undefined;
  if (moment < Date.parse(oldest.come)) return `${at} is before the oldest base backup of ${name}, ${oldest.come}`;
  if (moment > Date.parse(until))
    return `${at} is after the last log of ${name}, ${until}: use an earlier time, or --latest`;
  return undefined;
}

function toWrite(
  { environment, database, servers }: Config,
  { name, bases, until }: Timeline,
  wanted: RestoreChoice & { readonly timeline: string; readonly at: string },
): string {
  const groupName = database.groupName === name ? `"${randomUUID()}"` : `"${database.groupName}", unchanged`;
  const base = bases.findLast(({ come }) => !(Date.parse(come) > Date.parse(wanted.at))) ?? bases[0];
  const written = Object.entries(wanted).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `timeline ${name}: restorable from ${bases[0]?.come} to ${until}; this restore starts from the base backup of ${base?.come}, or an older one

To restore next to the running site: use a copy of environments/${environment}.ts with another name, its own Hetzner project, domain and
groupName, and set ENVIRONMENT to that name. Replace the running site only if all its members and volumes are lost.

1. Write into the environment:

     database: { …, groupName: ${groupName} },
     restore: { ${written.join(", ")} },

2. Set the keys, and deploy:

     export TF_VAR_restore_bucket_key=KEY:SECRET
     export TF_VAR_restore_private_key=AGE-SECRET-KEY-1…
     npm run deploy

3. Run this command again: it waits until ${servers.length} servers are healthy, and prints how to remove the keys.`;
}

/** Waits until all servers are healthy, and reports the progress of the first member's restore. */
async function follow(site: Site, report: Report): Promise<void> {
  const [first] = serversWithRole(site.config, "database");
  const login = site.logins.get(first?.name ?? "");
  const missing = async (): Promise<string | undefined> => {
    const command = ["cat", "/run/mysql-restore/progress"];
    const told = login && (await site.ssh.tryRun(login, command, { timeoutSeconds: 20 }));
    if (told?.ok && told.stdout.trim() !== "") return told.stdout.trim();
    const [fault] = faults(await look(site));
    return fault;
  };
  await waitUntil("all servers are healthy", missing, { limitSeconds: patienceHours * 3600, pauseSeconds: 10, report });
}

const toTakeOut = (
  config: Config,
): string => `the site is up. Now remove the restore keys from ${serversWithRole(config, "database")[0]?.name}:

1. Remove restore from environments/${config.environment}.ts: MySQL events, workers and schedules start with the new servers. Unset both variables: unset TF_VAR_restore_bucket_key TF_VAR_restore_private_key
2. npm run deploy, and then npm run ops rollout
3. npm run ops -- restore --done`;

/** Checks that no server has a key that decrypts the archive. @returns exit code: 1 if a server has such a key */
export async function keysAreGone(site: Site): Promise<number> {
  const either = ["test", "-e", paths.backup.restorePrivateKey, "-o", "-e", paths.backup.restoreBucketKey];
  const found = await Promise.all(
    [...site.logins.values()].map(async (login) => {
      const { exitCode } = await site.ssh.tryRun(login, either, { timeoutSeconds: 20 });
      return [login.name, exitCode] as const;
    }),
  );
  const left = found.filter(([, code]) => code !== 1);
  for (const [name, code] of left)
    console.log(
      code === 0
        ? `${name}: still has the keys; run npm run ops rollout`
        : `${name}: does not report whether it has the keys`,
    );
  if (left.length === 0) console.log("no server has a key that can decrypt the archive");
  return left.length === 0 ? 0 : 1;
}
