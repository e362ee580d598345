import { requireLabHost } from "../../../lab/requirements.js";
import { takeLock } from "../../../lab/system/lock.js";

/** Seconds that a CI build waits for the lab's lock. Without CI, the run fails immediately and names the holder of the lock. */
const waitSeconds = process.env["CI"] === "true" ? 1800 : 0;

/** Locks the lab from the first test file to the last. */
export default async function alone(): Promise<() => Promise<void>> {
  await requireLabHost();
  const lock = await takeLock("npm run test:lab", { waitSeconds });
  return () => lock.release();
}
