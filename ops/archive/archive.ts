import { fileURLToPath } from "node:url";
import { objectDays } from "../../modules/config/archive.js";
import type { Config } from "../../modules/config/schema.js";
import { runToEnd } from "../core/shell.js";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const program = folder("files");
const parts = "../../modules/machine/parts";
/** The program beside what servers have; gtid.py is mysql-group's. */
const pythonPath = [program, folder(`${parts}/backup/files/mysql-backup`), folder(`${parts}/mysql/files/mysql-group`)];

/** Who opens the bucket, by the variable that holds its key as "KEY:SECRET". */
const variables = {
  owner: "BACKUP_OWNER_KEY",
  writer: "TF_VAR_backup_bucket_key",
  reader: "TF_VAR_restore_bucket_key",
} as const;
/** Who opens the bucket: its owner, servers, or whoever restores. */
export type KeyName = keyof typeof variables;

/** An archive that a configuration names. */
export interface Archive {
  readonly backup: NonNullable<Config["backup"]>;
  /** The timeline that is written now. */
  readonly timeline: string;
}

/** @throws when the configuration names none */
export function archiveOf({ environment, backup, database }: Config): Archive {
  if (backup === undefined)
    throw new Error(`${environment}: backup is not set, so there is no archive; docs/backup.md says how to begin one`);
  return { backup, timeline: database.groupName };
}

/** What {@link ask} is told. */
export interface AskProps {
  /** Keys that it needs. */
  readonly keys: readonly KeyName[];
  /** What the program is told beside settings and keys. @default - nothing */
  readonly more?: object;
  /** Seconds after which it is ended. @default 300 */
  readonly timeoutSeconds?: number;
}

/** Runs a command of files/__main__.py. @throws when a key is not in the environment, or with its words when it failed */
export async function ask(
  { backup }: Archive,
  command: string,
  { keys, more, timeoutSeconds = 300 }: AskProps,
): Promise<unknown> {
  const { endpoint, region, bucket, lock } = backup;
  const settings = { endpoint, region, bucket, lock, days: objectDays(backup) };
  const input = JSON.stringify({
    settings,
    keys: Object.fromEntries(keys.map((name) => [name, keyOf(name)])),
    ...more,
  });
  const { ok, stdout, stderr } = await runToEnd(["python3", "-B", program, command], {
    timeoutSeconds,
    input,
    environment: { PYTHONPATH: pythonPath.join(":") },
  });
  if (!ok) throw new Error(stderr.trim() || `${command} failed`);
  return JSON.parse(stdout) as unknown;
}

function keyOf(name: KeyName): string {
  const key = process.env[variables[name]] ?? "";
  if (!/^[^:\s]+:[^:\s]+$/.test(key))
    throw new Error(
      `${variables[name]} must be "KEY:SECRET" of the archive's bucket; docs/backup.md says which key it is`,
    );
  return key;
}
