import { requireLabHost } from "../../../lab/requirements.js";
import { takeLock } from "../../../lab/system/lock.js";

/** Seconds that a build waits for another one's lab; a person is told at once who has it. */
const waitSeconds = process.env["CI"] === "true" ? 1800 : 0;

/** The proof has the lab for itself from the first file to the last. */
export default async function alone(): Promise<() => Promise<void>> {
  await requireLabHost();
  const lock = await takeLock("npm run test:lab", { waitSeconds });
  return () => lock.release();
}
