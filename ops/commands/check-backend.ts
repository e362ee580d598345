import { holdingOf, type LockStore } from "../core/lock.js";

/**
 * Tries whether of two writers of one object only one gets it, on which the locks of Terraform (`use_lockfile`) and of these commands rest.
 * @param store a lock under a name that nobody else uses; it is gone at the end
 * @returns 0 where that holds, else 1
 */
export async function checkBackend(store: LockStore, print: (line: string) => void): Promise<number> {
  const holding = holdingOf("check-backend");
  await store.create(holding);
  try {
    const isGivenTwice = await store.create(holding);
    print(
      isGivenTwice
        ? `NO LOCK: ${store.place} was written twice though the second write asked for a new object (If-None-Match). Two deploys at once would destroy the state: choose another object storage, or deploy from one place only.`
        : `a lock: ${store.place} was given to the first of two writers and refused to the second`,
    );
    return isGivenTwice ? 1 : 0;
  } finally {
    await store.remove();
  }
}
