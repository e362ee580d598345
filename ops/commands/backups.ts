import { objectDays } from "../../modules/derived/archive.js";
import type { Config } from "../../modules/config/schema.js";
import { archiveOf, ask, type Archive } from "../archive/archive.js";

/** A timeline of the archive, as inventory.py returns it. Times are in ISO 8601, from the bucket's clock. */
export interface Timeline {
  readonly name: string;
  /** Upload time of the oldest object. */
  readonly oldest: string;
  /** Upload time of the last log segment; null if the timeline has no log segment. */
  readonly until: string | null;
  /** Complete base backups, sorted from old to new. */
  readonly bases: readonly { readonly come: string; readonly member: string }[];
  /** Branches of the history, sorted from old to new. */
  readonly branches: readonly { readonly id: string; readonly come: string }[];
  readonly members: readonly {
    readonly server: string;
    readonly bytes: number;
    readonly until: string;
    readonly logs: number;
    readonly complete: number;
  }[];
  /** GTIDs that are missing in the archive: they are newer than the oldest base backup and older than other archived GTIDs. */
  readonly missing: string;
  readonly drills: readonly { readonly time: string; readonly good: boolean; readonly key: string }[];
}

/** Maximum age of the last upload, in seconds. A member writes a heartbeat every 30 s and uploads every 3 s. */
const lateSeconds = 120;
const lateBaseHours = 2;
const lateDrillDays = 8;
/**
 * Days after the expiry of an object until it must be gone. Lifecycle rules run once a day, and remove a delete marker a day after its
 * object.
 */
const lateExpiryDays = 3;

/** Prints the content of the archive. @returns exit code: 1 if the archive has a problem */
export async function backups(config: Config, { json = false }: { readonly json?: boolean }): Promise<number> {
  const archive = archiveOf(config);
  const timelines = await timelinesOf(archive);
  const hands = handsOf(timelines, archive, new Date());
  if (json) console.log(JSON.stringify({ ...archive, timelines, needsHand: hands }, null, 2));
  else console.log(screen(timelines, archive, hands));
  return hands.length > 0 ? 1 : 0;
}

/** Reads the timelines in the bucket, and sorts the most recently written timeline first. */
export const timelinesOf = async (archive: Archive): Promise<readonly Timeline[]> =>
  ((await ask(archive, "look", { keys: ["reader"] })) as { timelines: readonly Timeline[] }).timelines;

/** Creates the bucket with its lock, lifecycle and policy, or updates an existing bucket. @param project number of its Hetzner project */
export async function createBucket(config: Config, project: string): Promise<number> {
  const archive = archiveOf(config);
  const { made } = (await ask(archive, "create", { keys: ["owner", "writers", "reader"], more: { project } })) as {
    made: boolean;
  };
  const { bucket, lock } = archive.backup;
  console.log(
    `${bucket} ${made ? "was created" : "already exists"}: locked and expiring after ${objectDays(archive.backup)} days (${lock}), with a policy for each key`,
  );
  return checkBucket(config);
}

/** Checks that the bucket meets the requirements of the archive. @returns exit code */
export async function checkBucket(config: Config): Promise<number> {
  const checks = (await ask(archiveOf(config), "check", { keys: ["owner", "writers", "reader"] })) as readonly {
    good: boolean;
    what: string;
  }[];
  for (const { good, what } of checks) console.log(`${good ? "yes" : "NO "}  ${what}`);
  return checks.every(({ good }) => good) ? 0 : 1;
}

const say = (when: boolean, text: string): readonly string[] => (when ? [text] : []);

/** Returns the problems of the restore drills. */
function drillHands({ drills, oldest }: Timeline, daysSince: (time: string) => number): readonly string[] {
  const [last, good] = [drills.at(-1), drills.findLast((one) => one.good)];
  if (last?.good === false) return [`the drill of ${last.time} failed: ${last.key}`];
  return say(
    daysSince(oldest) > lateDrillDays && (good === undefined || daysSince(good.time) > lateDrillDays),
    good === undefined ? "no restore drill has ever run" : `the last successful restore drill ran at ${good.time}`,
  );
}

/** Returns the problems of the current archive. Pure. */
export function handsOf(timelines: readonly Timeline[], { backup, timeline }: Archive, now: Date): readonly string[] {
  const current = timelines.find(({ name }) => name === timeline);
  if (current === undefined)
    return [`the bucket contains nothing of timeline ${timeline}, the group of this environment`];
  const age = (time: string): number => (now.getTime() - Date.parse(time)) / 1000;
  const { bases, missing, until } = current;
  const base = bases.at(-1);
  const oldestDays = Math.max(...timelines.map(({ oldest }) => age(oldest))) / 86_400;
  return [
    ...say(
      until === null || age(until) > lateSeconds,
      `no data has been uploaded since ${until ?? "the beginning"}: see archive-behind in docs/runbook.md`,
    ),
    ...say(
      base === undefined || age(base.come) / 3600 > backup.baseHours + lateBaseHours,
      base === undefined
        ? "no base backup exists, so nothing can be restored"
        : `the last base backup was uploaded at ${base.come}`,
    ),
    ...say(
      missing !== "",
      `no member has uploaded ${missing}, although later transactions are in the archive: see archive-gap in docs/runbook.md`,
    ),
    ...drillHands(current, (time) => age(time) / 86_400),
    ...say(
      oldestDays > objectDays(backup) + lateExpiryDays,
      `objects are ${Math.floor(oldestDays)} days old, but should expire after ${objectDays(backup)}: npm run ops -- backups --check-bucket`,
    ),
  ];
}

/** Formats the archive as text for a terminal with 100 columns. */
function screen(timelines: readonly Timeline[], { backup, timeline }: Archive, hands: readonly string[]): string {
  const [current, others] = [
    timelines.find(({ name }) => name === timeline),
    timelines.filter(({ name }) => name !== timeline),
  ];
  return [
    `${backup.bucket} at ${backup.endpoint}`,
    ...(current ? [`timeline ${current.name}, of this environment`, ...linesOf(current)] : []),
    ...others.flatMap((one) => [`timeline ${one.name}`, ...linesOf(one)]),
    ...(hands.length === 0 ? ["nothing needs attention"] : ["needs attention:", ...hands.map((hand) => `  ${hand}`)]),
  ].join("\n");
}

function linesOf({ bases, branches, members, drills, until }: Timeline): readonly string[] {
  const drill = drills.at(-1);
  const [first, last] = [bases.at(0), bases.at(-1)];
  return [
    first && until
      ? `  restorable   ${first.come} to ${until}`
      : "  restorable   nothing: there is no base backup or no log",
    `  base backups ${bases.length}${last ? `, the last at ${last.come} by ${last.member}` : ""}`,
    ...(branches.length > 1 ? branches.map(({ id, come }) => `  branch       ${id} since ${come}`) : []),
    `  last drill   ${drill ? `${drill.good ? "good" : "FAILED"}, ${drill.time}` : "none"}`,
    ...members.map(
      ({ server, bytes, logs, complete, until: last }) =>
        `  logs of ${server}: ${logs}, ${complete} of them closed, ${size(bytes)}, until ${last}`,
    ),
  ];
}

const size = (bytes: number): string =>
  bytes < 1e6
    ? `${Math.ceil(bytes / 1e3)} kB`
    : bytes < 1e9
      ? `${Math.round(bytes / 1e6)} MB`
      : `${(bytes / 1e9).toFixed(1)} GB`;
