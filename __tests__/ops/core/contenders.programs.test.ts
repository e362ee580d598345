import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../support/payload-files.js";
import { standInBucket, type Fault } from "../support/bucket.js";

const contend = (log: string, turns: number, where: string) =>
  execa(process.execPath, ["--import", "tsx", "__tests__/ops/support/contender.ts", log, `${turns}`, where], {
    reject: false,
  });

/**
 * Returns the turns in which a process acquired the lock while another process held it. A killed process does not end its turn in the log.
 */
function overlaps(
  log: string,
  killed: ReadonlySet<string> = new Set(),
): { readonly turns: number; readonly overlaps: number } {
  const lines = readFileSync(log, "utf8").trim().split("\n");
  let holder: string | undefined;
  let [turns, found] = [0, 0];
  for (const line of lines) {
    const pid = line.slice(1);
    if (line.startsWith("-")) {
      if (holder !== pid) found++;
      holder = undefined;
      continue;
    }
    turns++;
    if (holder !== undefined && !killed.has(holder)) found++;
    holder = pid;
  }
  return { turns, overlaps: found };
}

function newLog(): string {
  const log = join(temporaryFolder(), "log");
  writeFileSync(log, "");
  return log;
}

/** Returns a function that decides the fault of each request. About every third request has a fault, in a fixed order. */
function faults(): (method: string) => Fault {
  let count = 0;
  const kinds = ["lose response", "lose request", "execute twice", "repeat response"] as const;
  return () => (++count % 3 === 0 ? (kinds[(count / 3) % 4] as Fault) : "none");
}

describe("two processes that compete for a lock", { timeout: 180_000 }, () => {
  it("two competing processes never hold the same lock file at the same time", async () => {
    const [log, place] = [newLog(), join(temporaryFolder(), "ops.lock")];
    const runs = await Promise.all([contend(log, 25, place), contend(log, 25, place)]);
    expect(runs.map(({ exitCode, stderr }) => exitCode || stderr)).toEqual(["", ""]);
    expect(overlaps(log)).toEqual({ turns: 50, overlaps: 0 });
  });

  it("two competing processes never hold the same lock file at the same time, even if the process with the lock is killed", async () => {
    const [log, place] = [newLog(), join(temporaryFolder(), "ops.lock")];
    const killed = new Set<string>();
    const steady = contend(log, 60, place);
    for (let round = 0; round < 4; round++) {
      const victim = contend(log, 10_000, place);
      const delay = new Promise((done) => setTimeout(done, 1500 + round * 137));
      await delay;
      killed.add(`${victim.pid}`);
      victim.kill("SIGKILL");
      await victim;
    }
    expect((await steady).exitCode).toBe(0);
    expect(overlaps(log, killed).overlaps).toBe(0);
  });

  it("two competing processes never hold the same lock at the same time if the lock is stored in a slow bucket", async () => {
    const log = newLog();
    const { props } = await standInBucket({ delayMs: 80 });
    const runs = await Promise.all([contend(log, 6, JSON.stringify(props)), contend(log, 6, JSON.stringify(props))]);
    expect(runs.map(({ exitCode, stderr }) => exitCode || stderr)).toEqual(["", ""]);
    expect(overlaps(log)).toEqual({ turns: 12, overlaps: 0 });
  });

  it("two processes never hold the same lock in a bucket at the same time, even if requests and responses are lost or repeated", async () => {
    const log = newLog();
    const { props } = await standInBucket({ delayMs: 5, faultOf: faults() });
    const places = JSON.stringify(props);
    await Promise.all([contend(log, 6, places), contend(log, 6, places)]);
    const { turns, overlaps: found } = overlaps(log);
    expect(found).toBe(0);
    expect(turns).toBeGreaterThan(3);
  });
});
