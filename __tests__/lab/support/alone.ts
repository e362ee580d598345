import { requireLabHost } from "../../../lab/requirements.js";
import { takeLock } from "../../../lab/system/lock.js";

/** Time limit in seconds of the wait for the lab's lock. Outside CI, the run does not wait and reports the process that holds the lock. */
const waitSeconds = process.env["CI"] === "true" ? 1800 : 0;

/** Locks the lab before the first test file. @returns function that releases the lock after the last test file */
export default async function alone(): Promise<() => Promise<void>> {
  await requireLabHost();
  const lock = await takeLock("npm run test:lab", { waitSeconds });
  return () => lock.release();
}
