import { randomUUID } from "node:crypto";
import type { Store } from "../core/store.js";

/**
 * Tests whether the store obeys conditional writes, so that a second writer is rejected. Terraform's lock (`use_lockfile`) needs
 * `If-None-Match`. The lock of these commands needs `If-None-Match` and `If-Match`.
 * @param store store with a name that no other process uses. The test leaves it empty.
 * @returns exit code: 1 if the store ignores a condition
 */
export async function checkBackend(store: Store, print: (line: string) => void): Promise<number> {
  const first = await store.write(randomUUID(), undefined);
  try {
    const overwrites = async (expected?: string): Promise<boolean> =>
      (await store.write(randomUUID(), expected)) !== undefined;
    const ignored: string[] = [];
    if (await overwrites()) ignored.push("If-None-Match: *");
    await store.write(randomUUID(), first);
    // The version in `first` is now outdated, so a write that states it must be rejected.
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
