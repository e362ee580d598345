import { randomUUID } from "node:crypto";
import type { Store } from "../core/store.js";

/**
 * Tests whether the store rejects a second writer. Terraform's lock (`use_lockfile`) needs the first condition, the lock of these commands both.
 * @param store under a name that no other process uses; it is empty afterwards
 * @returns exit code: 1 if a condition is ignored
 */
export async function checkBackend(store: Store, print: (line: string) => void): Promise<number> {
  const first = await store.write(randomUUID(), undefined);
  try {
    const overwrites = async (expected?: string): Promise<boolean> =>
      (await store.write(randomUUID(), expected)) !== undefined;
    const ignored: string[] = [];
    if (await overwrites()) ignored.push("If-None-Match: *");
    await store.write(randomUUID(), first);
    // This version is now outdated.
    if (await overwrites(first)) ignored.push("If-Match");
    print(
      ignored.length > 0
        ? `NO LOCK: ${store.place} was overwritten despite the request's condition ${ignored.join(" and ")}. Two deploys at once would destroy the state: choose another object storage, or deploy from one place only.`
        : `the lock works: ${store.place} accepted the first of two writers and rejected the second`,
    );
    return ignored.length > 0 ? 1 : 0;
  } finally {
    await store.clear();
  }
}
