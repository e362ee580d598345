import { described, seconds, UnreadableLock, type Holding, type LockStore } from "../core/lock.js";
import { livenessOf } from "../core/machine.js";
import type { Stored } from "../core/store.js";

/** Options of {@link unlock}. */
export interface UnlockProps {
  /** Whether to remove also the lock of a running command, or a lock that cannot be read. @default false */
  readonly force?: boolean;
}

/**
 * Removes the lock of a run that has ended. If the run has not ended, it stops before its next step.
 * @throws Error if the holder still runs or the lock cannot be read, unless `force` is set
 */
export async function unlock(
  place: LockStore,
  { force = false }: UnlockProps,
  print: (line: string) => void,
): Promise<void> {
  const stored = await place.store.read();
  const found = readableIn(place, stored, force);
  if (stored === undefined || found === undefined) return print("the lock is free");
  const state = found === "unreadable" ? "cannot be read" : await stateOf(place, stored, found, print);
  const what = found === "unreadable" ? place.place : described(found);
  if (state === alive && !force)
    throw new Error(`${what} ${state}; stop it first with Ctrl-C, or: npm run ops -- unlock --force`);
  if (!(await place.release(stored.version)))
    throw new Error("the lock has changed meanwhile and was not removed; run the same command again");
  print(`removed the lock: ${what} ${state}`);
}

const alive = "is alive";

function readableIn(place: LockStore, stored: Stored | undefined, force: boolean): Holding | "unreadable" | undefined {
  try {
    return place.parse(stored);
  } catch (error) {
    if (force && error instanceof UnreadableLock) return "unreadable";
    throw error;
  }
}

async function stateOf(
  place: LockStore,
  { version }: Stored,
  holding: Holding,
  print: (line: string) => void,
): Promise<string> {
  const liveness = livenessOf(holding);
  if (liveness === "running") return alive;
  if (liveness === "ended") return "has ended";
  print(`watches for ${seconds.watch} s whether the holder renews the lock …`);
  return (await place.isRenewed(version)) ? alive : `has not renewed the lock for ${seconds.watch} s`;
}
