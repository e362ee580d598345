import type { Config } from "../../modules/config/schema.js";
import { archiveOf, ask } from "../archive/archive.js";
import { runToEnd } from "../core/shell.js";

/** Maximum hours of a drill. A machine with two processors can apply the logs of one day in this time. */
const patienceHours = 5;

/** Result of a restore drill, as drill.py prints it and stores it in the archive. */
interface Result {
  readonly good: boolean;
  readonly [what: string]: unknown;
}

/**
 * Restores the newest data of the archive on this machine, compares them with the checksums that the group has stored, and writes the
 * result into the bucket.
 * @returns exit code: 1 if the restore fails or the data differ
 */
export async function drill(config: Config): Promise<number> {
  if (config.backup === undefined) {
    console.log(`${config.environment}: backup is not set, so there is nothing to restore`);
    return 0;
  }
  const archive = archiveOf(config);
  const privateKey = process.env["DRILL_PRIVATE_KEY"]?.trim() ?? "";
  if (!privateKey.startsWith("AGE-SECRET-KEY-"))
    throw new Error("DRILL_PRIVATE_KEY must be the private key of a recipient of backup.recipients: AGE-SECRET-KEY-1…");
  if (process.getuid?.() !== 0)
    throw new Error(
      "drill: must run as root, because the restored MySQL accepts only root as its administrator; use a disposable machine",
    );
  const { ok, stdout } = await runToEnd(["mysqld", "--version"], { timeoutSeconds: 30 });
  const { series } = config.database;
  if (!ok || !stdout.includes(`Ver ${series}.`))
    throw new Error(
      `mysqld of the series ${series} must be installed on this machine, as on the servers, got ${stdout.trim() || "none"}`,
    );
  const result = (await ask(archive, "drill", {
    keys: ["reader"],
    more: { timeline: archive.timeline, privateKey },
    timeoutSeconds: patienceHours * 3600,
  })) as Result;
  console.log(JSON.stringify(result, null, 2));
  return result.good ? 0 : 1;
}
