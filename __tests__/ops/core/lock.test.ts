import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FileLock, hasEnded, type Holding, Lock, refusalOf } from "../../../ops/core/lock.js";
import { temporaryFolder } from "../../support/payload-files.js";

const holding = (changes: Partial<Holding> = {}): Holding => ({
  command: "rollout",
  holder: "ada on desk",
  host: hostname(),
  pid: 1,
  began: "1",
  since: "2026-01-01T00:00:00.000Z",
  ...changes,
});

describe("what a run does about a lock that is there", () => {
  it("takes over its own command's, with the server in hand, once that run has ended", () => {
    expect(refusalOf(holding({ inHand: "alpha" }), "rollout", true)).toBeUndefined();
    expect(refusalOf(holding(), "release", true)).toBeUndefined();
  });

  it("leaves it to a run that is at work, to one on another host, and to another command that has a server in hand", () => {
    expect(refusalOf(holding(), "rollout", false)).toMatch(
      /^npm run ops rollout \(ada on desk, process 1, .*\) is at work; wait for its end$/,
    );
    expect(refusalOf(holding({ host: "elsewhere" }), "rollout", undefined)).toMatch(
      /at work on elsewhere, or was interrupted there.*unlock$/,
    );
    expect(refusalOf(holding({ inHand: "alpha" }), "release", true)).toMatch(
      /alpha in hand\) was interrupted; run it again/,
    );
  });
});

describe("a holder", () => {
  it("has ended when its process has, or another one has its number; on another host nobody knows", async () => {
    const child = spawn("true");
    await once(child, "exit");
    expect(hasEnded(holding({ pid: child.pid }))).toBe(true);
    expect(hasEnded(holding({ pid: process.pid, began: "0" }))).toBe(true);
    expect(hasEnded(holding({ host: "elsewhere" }))).toBeUndefined();
  });
});

describe("the lock", () => {
  it("is one run's at a time, remembers the server in hand, and is gone at the end", async () => {
    const store = new FileLock(join(temporaryFolder(), "state", "ops.lock"));
    const lock = await Lock.take(store, "rollout");
    expect(await store.read()).toMatchObject({ command: "rollout", pid: process.pid, host: hostname() });
    await expect(Lock.take(store, "rollout")).rejects.toThrow(/^locked: npm run ops rollout .* is at work/);
    await lock.setInHand("alpha");
    await lock.release();
    expect((await store.read())?.inHand).toBe("alpha");
    await store.replace({ ...(await store.read()), began: "0" } as Holding);
    await expect(Lock.take(store, "release")).rejects.toThrow(/was interrupted/);
    const next = await Lock.take(store, "rollout");
    expect(next.inHand).toBe("alpha");
    await next.setInHand(undefined);
    await next.release();
    expect(await store.read()).toBeUndefined();
  });
});
