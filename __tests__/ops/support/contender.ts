import { appendFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Lock, LockStore } from "../../../ops/core/lock.js";
import { FileStore } from "../../../ops/core/store.js";
import { BucketStore, type BucketStoreProps } from "../../../ops/hetzner/bucket-store.js";

/**
 * This process repeatedly acquires and releases a lock, and logs when it holds the lock.
 * Arguments: log file; number of turns; path of a lock file, or properties of a bucket as JSON.
 */
const [log = "", turns = "0", where = ""] = process.argv.slice(2);
const store = where.startsWith("{") ? new BucketStore(JSON.parse(where) as BucketStoreProps) : new FileStore(where);
for (let done = 0; done < Number(turns);) {
  const lock = await Lock.take(new LockStore(store), "rollout").catch((error: Error) => {
    // After a lost response, a process may not know that it holds the lock. The lock becomes free when this process ends.
    const isOwn = error.message.includes(`process ${process.pid},`);
    if (isOwn || !error.message.startsWith("locked: ")) throw error;
  });
  await setTimeout(Math.random() * 5);
  if (lock === undefined) continue;
  appendFileSync(log, `+${process.pid}\n`);
  await setTimeout(Math.random() * 5);
  // If `verify` fails, the process stops, because it cannot prove that it still holds the lock.
  await lock.verify().finally(() => appendFileSync(log, `-${process.pid}\n`));
  await lock.release();
  done++;
}
