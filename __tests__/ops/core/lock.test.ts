import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { unlock } from "../../../ops/commands/unlock.js";
import { holdingOf, Lock, LockStore, refusalOf, requireLock, type Holding } from "../../../ops/core/lock.js";
import { Progress } from "../../../ops/core/progress.js";
import { FileStore } from "../../../ops/core/store.js";
import { temporaryFolder } from "../../support/payload-files.js";
import { instantly } from "../support/instantly.js";

const holding = (changes: Partial<Holding> = {}): Holding => ({ ...holdingOf("rollout"), ...changes });

const fileLock = (): LockStore => new LockStore(new FileStore(join(temporaryFolder(), "state", "ops.lock")));

/** Stores a lock that another process holds. */
async function held(changes: Partial<Holding>): Promise<LockStore> {
  const place = fileLock();
  await place.store.write(JSON.stringify(holding(changes)), undefined);
  return place;
}

/** The process that held the lock has ended. Another process, which started later, now has the same process id. */
const ended = { began: "0" };
const elsewhere = { machine: "another machine" };
/** The machine was restarted, or is a clone of the machine that holds the lock. */
const otherBoot = { boot: "another boot" };

it.each([
  ["jane", "jane"],
  ["", "unknown user"],
])('a lock contains the name of the user who runs the command, or "unknown user": USER=%s', (user, name) => {
  vi.stubEnv("USER", user);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(holdingOf("rollout").holder).toBe(`${name} on ${hostname()}`);
});

it("a command takes over the lock of an ended run if the run had the same command or was changing no server", () => {
  expect(refusalOf(holding({ inHand: "alpha" }), "rollout", "ended")).toBeUndefined();
  expect(refusalOf(holding(), "release", "ended")).toBeUndefined();
});

it("a lock is not taken over if its run is still active, is on another machine, or was changing a server with another command", () => {
  expect(refusalOf(holding(), "rollout", "running")).toMatch(
    /^npm run ops rollout \(.*, process \d+, since .*\) is running; wait until it ends$/,
  );
  expect(refusalOf(holding(), "rollout", "elsewhere")).toMatch(
    /runs on another machine, or was interrupted there.*unlock$/,
  );
  // An interrupted command left alpha unfinished. Only alpha can be replaced now.
  expect(refusalOf(holding({ inHand: "alpha" }), "replace alpha", "ended")).toBeUndefined();
  expect(refusalOf(holding({ inHand: "alpha" }), "replace bravo", "ended")).toMatch(/was interrupted/);
  expect(refusalOf(holding({ inHand: "alpha" }), "release", "ended")).toMatch(
    /changing alpha\) was interrupted. Run it again/,
  );
});

it("only one run at a time holds the lock of an environment; the lock contains the current server and is free after the run", async () => {
  const place = fileLock();
  const lock = await Lock.take(place, "rollout");
  expect(await place.read()).toMatchObject({ command: "rollout", pid: process.pid });
  await expect(Lock.take(place, "rollout")).rejects.toThrow(/^locked: npm run ops rollout .* is running/);
  await lock.setInHand("alpha");
  await lock.release();
  expect((await place.read())?.inHand).toBe("alpha");
  const version = (await place.store.read())?.version;
  await place.store.write(JSON.stringify({ ...(await place.read()), ...ended }), version);
  await expect(Lock.take(place, "release")).rejects.toThrow(/was interrupted/);
  const next = await Lock.take(place, "rollout");
  expect(next.inHand).toBe("alpha");
  await next.setInHand(undefined);
  await next.release();
  expect(await place.read()).toBeUndefined();
});

it("a run does not take over the lock of a run on another machine, even if both machines have the same host name", async () => {
  await expect(Lock.take(await held({ ...ended, ...elsewhere }), "rollout")).rejects.toThrow(/runs on another machine/);
});

it("after a reboot of the machine, a run takes over the lock of an earlier run if nobody renews the lock", async () => {
  instantly();
  const place = await held({ ...otherBoot, inHand: "alpha" });
  expect((await Lock.take(place, "rollout")).inHand).toBe("alpha");
});

it("a run on a clone of a machine does not take over the lock while the original machine renews the lock", async () => {
  instantly();
  const place = await held(otherBoot);
  const read = place.store.read.bind(place.store);
  let version = 1;
  vi.spyOn(place.store, "read").mockImplementation(
    async () => ({ ...(await read()), version: `${version++}` }) as never,
  );
  await expect(Lock.take(place, "rollout")).rejects.toThrow(/runs on another machine/);
});

it.each(["", "{", "null", '{"command":"rollout","host":"desk","pid":1}'])(
  "a command rejects an unreadable lock and prints the lock's text and the command that removes the lock: %j",
  async (text) => {
    const place = fileLock();
    await place.store.write(text, undefined);
    await expect(Lock.take(place, "rollout")).rejects.toThrow(
      `ops.lock: is not a lock written by this version: ${JSON.stringify(text)}\nIf no command is running on any machine: npm run ops -- unlock --force`,
    );
  },
);

it("a command reports a file system error while it takes the lock", async () => {
  const place = fileLock();
  mkdirSync(place.place, { recursive: true });
  await expect(Lock.take(place, "rollout")).rejects.toThrow(/EISDIR/);
});

it("a command replaces a lock file of an older version with a file that only the owner can read", async () => {
  const folder = join(temporaryFolder(), "state");
  mkdirSync(folder, { mode: 0o755 });
  const place = new LockStore(new FileStore(join(folder, "ops.lock")));
  writeFileSync(place.place, JSON.stringify(holding(ended)));
  await (await Lock.take(place, "rollout")).release();
  const files = readdirSync(folder);
  expect(files).toHaveLength(1);
  expect(existsSync(place.place)).toBe(false);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, files[0] ?? "")).mode & 0o777).toBe(0o600);
});

it("a run that has lost its lock stops at its next step, and neither overwrites nor removes the lock of the new run", async () => {
  const place = fileLock();
  const first = await Lock.take(place, "rollout");
  await unlock(place, { force: true }, () => undefined);
  const second = await Lock.take(place, "release");
  requireLock(first);
  const work = vi.fn(() => Promise.resolve());
  try {
    await expect(new Progress(() => undefined).step("alpha: shuts down", work)).rejects.toThrow(
      /^stopped: this run no longer holds the lock/,
    );
  } finally {
    requireLock(undefined);
  }
  expect(work).not.toHaveBeenCalled();
  await expect(first.setInHand("alpha")).rejects.toThrow(/no longer holds the lock/);
  await first.release();
  expect((await place.read())?.command).toBe("release");
  await second.verify();
});

it("a write of a lock with an outdated version number fails, even if newer versions of the lock were removed in the meantime", async () => {
  const { store } = fileLock();
  const first = await store.write("1", undefined);
  const second = await store.write("2", first);
  expect(await store.write("late", first)).toBeUndefined();
  await store.write("3", second);
  expect(await store.write("late", first)).toBeUndefined();
  expect(await store.write("late", undefined)).toBeUndefined();
  expect(await store.read()).toEqual({ text: "3", version: "3" });
});

const unlocked = async (place: LockStore, force = false) => {
  const said: string[] = [];
  await unlock(place, { force }, (line) => said.push(line));
  return said.join("\n");
};

it("npm run ops unlock reports that the lock is free if no run holds the lock", async () => {
  const place = fileLock();
  expect(await unlocked(place)).toBe("the lock is free");
  await (await Lock.take(place, "rollout")).release();
  expect(await unlocked(place)).toBe("the lock is free");
});

it("npm run ops unlock fails if the run that holds the lock is active on this machine, unless --force is given", async () => {
  const place = fileLock();
  await Lock.take(place, "rollout");
  await expect(unlocked(place)).rejects.toThrow(/^npm run ops rollout .* is alive; stop it first with Ctrl-C/);
  expect(await unlocked(place, true)).toMatch(/^removed the lock: .* is alive$/);
  expect(await place.read()).toBeUndefined();
});

it("npm run ops unlock reports that the run that held the lock has ended", async () => {
  expect(await unlocked(await held(ended))).toMatch(/^removed the lock: npm run ops rollout .* has ended$/);
});

it("npm run ops unlock removes a lock from another machine only if the other machine does not renew the lock for 25 s", async () => {
  instantly();
  expect(await unlocked(await held(elsewhere))).toMatch(
    /^watches for 25 s.*\nremoved .* has not renewed the lock for 25 s$/,
  );
  const place = await held(elsewhere);
  vi.spyOn(place, "isRenewed").mockResolvedValue(true);
  await expect(unlocked(place)).rejects.toThrow(/is alive/);
});

it("npm run ops unlock removes an unreadable lock only with --force", async () => {
  const place = fileLock();
  await place.store.write("{", undefined);
  await expect(unlocked(place)).rejects.toThrow(/is not a lock written by this version: "\{"/);
  expect(await unlocked(place, true)).toMatch(/ops\.lock cannot be read$/);
  expect(await place.read()).toBeUndefined();
});

it("npm run ops unlock does not remove a lock that another run acquires in the meantime", async () => {
  const place = await held(ended);
  const stored = await place.store.read();
  vi.spyOn(place.store, "read").mockResolvedValueOnce(stored);
  await Lock.take(new LockStore(new FileStore(place.place)), "rollout");
  await expect(unlocked(place)).rejects.toThrow("the lock has changed meanwhile");
  expect(await place.read()).toBeDefined();
});
