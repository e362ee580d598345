import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
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
    // A replacement starts over with the server that an interrupted command left unfinished, and with no other.
    expect(refusalOf(holding({ inHand: "alpha" }), "replace alpha", true)).toBeUndefined();
    expect(refusalOf(holding({ inHand: "alpha" }), "replace bravo", true)).toMatch(/was interrupted/);
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

  it("is asked for again where another run has given it back in between, and never taken by two", async () => {
    const store = new FileLock(join(temporaryFolder(), "ops.lock"));
    const answers = [() => false, () => false];
    const busy = {
      ...{ place: store.place, read: () => store.read(), replace: () => Promise.reject(new Error("not ours")) },
      ...{ create: async (wanted: Holding) => answers.pop()?.() ?? store.create(wanted), remove: () => store.remove() },
    };
    await Lock.take(busy, "rollout");
    expect(await store.read()).toMatchObject({ command: "rollout", pid: process.pid });
  });

  it("that cannot be read is told, and is not taken for none", async () => {
    const store = new FileLock(join(temporaryFolder(), "ops.lock"));
    mkdirSync(store.place);
    await expect(Lock.take(store, "rollout")).rejects.toThrow(/EISDIR/);
  });

  it("is there whole or not at all, at whatever moment another run looks, or this one is killed", async () => {
    const folder = temporaryFolder();
    const store = new FileLock(join(folder, "ops.lock"));
    // Looks as often as it can, and tells how often it saw half a lock.
    const looker = new Worker(
      `const { readFileSync } = require("node:fs");
       const { parentPort, workerData } = require("node:worker_threads");
       let over = false, half = 0, whole = 0;
       parentPort.on("message", () => (over = true));
       const look = () => {
         for (let n = 0; n < 500; n++)
           try { readFileSync(workerData, "utf8").endsWith("}") ? whole++ : half++; } catch {}
         over ? parentPort.postMessage({ half, looked: whole > 0 }) && parentPort.close() : setImmediate(look);
       };
       look();`,
      { eval: true, workerData: store.place },
    );
    await once(looker, "online");
    for (let n = 0; n < 500; n++) {
      expect(await store.create(holding())).toBe(true);
      await store.remove();
    }
    expect(await store.create(holding())).toBe(true);
    expect(await store.create(holding({ command: "release" }))).toBe(false);
    looker.postMessage("over");
    const [seen] = (await once(looker, "message")) as [unknown];
    expect(seen).toEqual({ half: 0, looked: true });
    expect((await store.read())?.command).toBe("rollout");
    expect(readdirSync(folder)).toEqual(["ops.lock"]);
  });
});
