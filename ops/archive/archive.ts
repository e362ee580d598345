import { fileURLToPath } from "node:url";
import { objectDays } from "../../modules/derived/archive.js";
import { serversWithRole, type Config } from "../../modules/config/schema.js";
import { runToEnd } from "../core/shell.js";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const program = folder("files");
const parts = "../../modules/machine/parts";
/** The archive program uses only what servers have installed; gtid.py belongs to mysql-group. */
const pythonPath = [program, folder(`${parts}/backup/files/mysql-backup`), folder(`${parts}/mysql/files/mysql-group`)];

/** Users of the bucket, by the variable that contains their key as "KEY:SECRET". */
const variables = {
  owner: "BACKUP_OWNER_KEY",
  reader: "TF_VAR_restore_bucket_key",
} as const;
const serversVariable = "TF_VAR_backup_bucket_keys";
const form = /^[^:\s]+:[^:\s]+$/;
/** Who uses the bucket: its owner, all servers, or the operator of a restore. */
export type KeyName = keyof typeof variables | "writers";

/** The archive of a configuration. */
export interface Archive {
  readonly backup: NonNullable<Config["backup"]>;
  /** The timeline that members currently write. */
  readonly timeline: string;
  /** Database servers; each writes its own part. */
  readonly servers: readonly string[];
}

/** @throws if the configuration has no archive */
export function archiveOf(config: Config): Archive {
  const { environment, backup, database } = config;
  if (backup === undefined)
    throw new Error(`${environment}: backup is not set, so there is no archive; to start one, see docs/backup.md`);
  const servers = serversWithRole(config, "database").map(({ name }) => name);
  return { backup, timeline: database.groupName, servers };
}

/** Options of {@link ask}. */
export interface AskProps {
  /** Required keys. */
  readonly keys: readonly KeyName[];
  /** Input of the program in addition to settings and keys. @default - none */
  readonly more?: object;
  /** Time limit in seconds. @default 300 */
  readonly timeoutSeconds?: number;
}

/** Runs a command of files/__main__.py. @throws if a key is missing in the environment, or with the program's message if it fails */
export async function ask(
  { backup, servers }: Archive,
  command: string,
  { keys, more, timeoutSeconds = 300 }: AskProps,
): Promise<unknown> {
  const { endpoint, region, bucket, lock } = backup;
  const settings = { endpoint, region, bucket, lock, days: objectDays(backup) };
  const input = JSON.stringify({
    settings,
    keys: Object.fromEntries(keys.map((name) => [name, name === "writers" ? serverKeys(servers) : keyOf(name)])),
    ...more,
  });
  const { ok, stdout, stderr } = await runToEnd(["python3", "-B", program, command], {
    timeoutSeconds,
    input,
    environment: { PYTHONPATH: pythonPath.join(":") },
    // Listing years of objects and a restore drill take long.
    shown: process.stderr.isTTY,
  });
  if (!ok) throw new Error(stderr.trim() || `${command} failed`);
  return JSON.parse(stdout) as unknown;
}

/** @throws unless each server has its own key */
function serverKeys(servers: readonly string[]): Readonly<Record<string, string>> {
  const keys = parsed(process.env[serversVariable] ?? "");
  const lacking = servers.filter((name) => !form.test(keys[name] ?? ""));
  if (lacking.length > 0)
    throw new Error(
      `${serversVariable} must be {"${servers.join('":"KEY:SECRET","')}":"KEY:SECRET"}, with one key for each server; ${lacking.join(", ")} has no key; see docs/backup.md`,
    );
  const own = Object.fromEntries(servers.map((name) => [name, keys[name] ?? ""]));
  const same = servers.filter((name) => servers.some((other) => other !== name && own[other] === own[name]));
  if (same.length > 0)
    throw new Error(
      `${serversVariable}: ${same.join(" and ")} have the same key; create one for each server, so that a compromised server can access only its own part`,
    );
  return own;
}

function parsed(text: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, string>>;
  } catch {
    return {};
  }
}

function keyOf(name: keyof typeof variables): string {
  const key = process.env[variables[name]] ?? "";
  if (!form.test(key))
    throw new Error(
      `${variables[name]} must be "KEY:SECRET" of the archive's bucket; docs/backup.md describes this key`,
    );
  return key;
}
