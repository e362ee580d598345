import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { z } from "zod";
import { livenessOf, thisProcess, type Liveness } from "./machine.js";
import { sleep } from "./shell.js";
import type { Store, Stored } from "./store.js";

const holdingSchema = z.object({
  id: z.string(),
  /** Command that holds the lock: "rollout". */
  command: z.string(),
  /** User and host, for messages. */
  holder: z.string(),
  machine: z.string(),
  boot: z.string(),
  pid: z.number(),
  began: z.string(),
  /** Start of the run, ISO 8601. */
  since: z.string(),
  /** Makes the text unique. */
  renewal: z.string(),
  /** Server being changed, which may be off or incomplete. */
  inHand: z.string().optional(),
});

/** Content of a lock that is held. */
export type Holding = z.infer<typeof holdingSchema>;

/** A released lock stays stored: its version is what the next holder replaces. */
const freeSchema = z.object({ free: z.literal(true), renewal: z.string() });

const lockSchema = z.union([freeSchema, holdingSchema]);

/** How often a holder renews its lock, and how long another process must watch the lock to call the holder silent. */
export const seconds = { renewal: 10, watch: 25 };

/** The lock of an environment was lost while a command ran. */
class LockLost extends Error {}

/** The stored lock is not one that these commands wrote. */
export class UnreadableLock extends Error {}

/** Where the lock of an environment is. */
export class LockStore {
  constructor(readonly store: Store) {}

  get place(): string {
    return this.store.place;
  }

  /** @returns `undefined` if nobody holds the lock @throws UnreadableLock */
  async read(): Promise<Holding | undefined> {
    return this.parse(await this.store.read());
  }

  /** @throws UnreadableLock */
  parse(stored: Stored | undefined): Holding | undefined {
    if (stored === undefined) return undefined;
    const { success, data } = lockSchema.safeParse(jsonOf(stored.text));
    if (!success)
      throw new UnreadableLock(
        `${this.place}: is not a lock written by this version: ${JSON.stringify(stored.text.slice(0, 60))}\n` +
          "If no command is running on any machine: npm run ops -- unlock --force",
      );
    return "free" in data ? undefined : data;
  }

  /** Releases the lock if it is still the given version. @returns whether it was */
  async release(version: string): Promise<boolean> {
    return (await this.store.write(freeText(), version)) !== undefined;
  }

  /** Whether the stored lock changes while this process watches it. Independent of clocks. */
  async isRenewed(version: string): Promise<boolean> {
    await sleep(seconds.watch);
    return (await this.store.read())?.version !== version;
  }
}

const freeText = (): string => JSON.stringify({ free: true, renewal: randomUUID() });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** "npm run ops rollout (ada on desk, process 7, since 2026-01-01T00:00:00Z, changing alpha)" */
export const described = ({ command, holder, pid, since, inHand }: Holding): string =>
  `npm run ops ${command} (${holder}, process ${pid}, since ${since}${inHand === undefined ? "" : `, changing ${inHand}`})`;

/** Why a command must not take over a lock; `undefined` if it may. Pure. @param liveness `other-boot`: the holder is silent */
export function refusalOf(found: Holding, command: string, liveness: Liveness): string | undefined {
  if (liveness === "running") return `${described(found)} is running; wait until it ends`;
  if (liveness === "elsewhere")
    return `${described(found)} runs on another machine, or was interrupted there. If it was interrupted, run it again there, or: npm run ops unlock`;
  // "replace alpha" starts over with alpha, in whatever state an interrupted command left it.
  if (found.inHand !== undefined && found.command !== command && command !== `replace ${found.inHand}`)
    return `${described(found)} was interrupted. Run it again; it continues where it stopped. If ${found.inHand} is healthy: npm run ops unlock`;
  return undefined;
}

/** What this process stores in a lock. */
export const holdingOf = (command: string): Holding => ({
  ...thisProcess(),
  id: randomUUID(),
  command,
  holder: `${process.env["USER"] || "unknown user"} on ${hostname()}`,
  since: new Date().toISOString(),
  renewal: randomUUID(),
});

/** Attempts to take a lock that other processes take and release at the same moment. */
const attempts = 20;

/** The lock while this process holds it. */
export class Lock {
  private queue: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly place: LockStore,
    private holding: Holding,
    private version: string,
  ) {}

  /** Takes the lock, also from an interrupted run of the same command. @throws if another run holds it; describes that run */
  static async take(place: LockStore, command: string): Promise<Lock> {
    const mine = holdingOf(command);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const stored = await place.store.read();
      const found = place.parse(stored);
      // An attempt whose response was lost or repeated may have stored this run.
      if (stored && found && found.id !== mine.id) await refuse(place, stored, found, command);
      const next: Holding = { ...mine, inHand: found?.inHand, renewal: randomUUID() };
      if ((await place.store.write(JSON.stringify(next), stored?.version)) === undefined) continue;
      // A store that repeats an old response has not written anything.
      const written = await place.store.read();
      if (written && place.parse(written)?.id === mine.id) return new Lock(place, next, written.version);
    }
    throw new Error(`locked: other runs took the lock ${attempts} times in a row\nThe lock is ${place.place}`);
  }

  /** Server that this run, or the interrupted run before it, was changing. */
  get inHand(): string | undefined {
    return this.holding.inHand;
  }

  /** Stores which server is being changed; `undefined`: none. @throws LockLost */
  setInHand(inHand: string | undefined): Promise<void> {
    return this.renew({ inHand });
  }

  /** Proves by a conditional write that this run still holds the lock. @throws LockLost */
  verify(): Promise<void> {
    return this.renew({});
  }

  /** Renews the lock until it is released, so that other machines see that this run is alive. */
  keepAlive(): void {
    this.timer = setInterval(() => {
      // The next step finds out by itself.
      this.verify().catch(() => undefined);
    }, seconds.renewal * 1000).unref();
  }

  /** Releases the lock. While a server is being changed, the lock stays for the next run of the same command. */
  async release(): Promise<void> {
    clearInterval(this.timer);
    await this.queue;
    if (this.holding.inHand !== undefined) return;
    // A store that repeats an old response has not written anything.
    for (let attempt = 0; attempt < attempts; attempt++) {
      if ((await this.write(freeText())) === undefined) return;
      const stored = await this.place.store.read();
      if (stored === undefined || idIn(stored.text) !== this.holding.id) return;
    }
  }

  /** One write at a time: each needs the version of the write before it. */
  private renew(change: Partial<Holding>): Promise<void> {
    const renewed = this.queue.then(async () => {
      const next = { ...this.holding, ...change, renewal: randomUUID() };
      const version = await this.write(JSON.stringify(next));
      if (version === undefined)
        throw new LockLost(
          `stopped: this run no longer holds the lock ${this.place.place}; another run or npm run ops unlock removed it.\n` +
            "Find out who works on this environment, then run the same command again.",
        );
      this.version = version;
      this.holding = next;
    });
    this.queue = renewed.catch(() => undefined);
    return renewed;
  }

  /** Replaces the stored lock if it is this run's. @returns the new version; `undefined` if the lock was lost */
  private async write(text: string): Promise<string | undefined> {
    const { store } = this.place;
    const version = await store.write(text, this.version);
    if (version !== undefined) return version;
    // After a lost or repeated response, this run may hold another version than it knows, and a first answer may be outdated.
    for (let look = 0; look < 2; look++) {
      const stored = await store.read();
      if (stored !== undefined && idIn(stored.text) === this.holding.id) return store.write(text, stored.version);
    }
    return undefined;
  }
}

const idIn = (text: string): unknown => (jsonOf(text) as { id?: unknown } | undefined)?.id;

async function refuse(place: LockStore, stored: Stored, found: Holding, command: string): Promise<void> {
  let liveness = livenessOf(found);
  // A restart ended the holder, but a clone of this machine has the same id.
  if (liveness === "other-boot" && (await place.isRenewed(stored.version))) liveness = "elsewhere";
  const refusal = refusalOf(found, command, liveness);
  if (refusal !== undefined) throw new Error(`locked: ${refusal}\nThe lock is ${place.place}`);
}

/** The lock of the command that this process runs. */
let required: Lock | undefined;

/** From now on every changing step verifies this lock. */
export const requireLock = (lock: Lock | undefined): void => void (required = lock);

/** Called before each changing step. @throws LockLost */
export const verifyLock = async (): Promise<void> => required?.verify();
