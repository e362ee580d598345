import { Lock, requireLock, type LockStore } from "./lock.js";
import { endInOrder } from "./shell.js";

/** Runs while this process holds the environment's lock. */
export async function holding(store: LockStore, command: string, work: (lock: Lock) => Promise<void>): Promise<void> {
  endInOrder();
  const lock = await Lock.take(store, command);
  lock.keepAlive();
  requireLock(lock);
  try {
    await work(lock);
  } finally {
    requireLock(undefined);
    await lock.release();
  }
}
