import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import * as z from "zod";
import { livenessOf, thisProcess, type Liveness } from "./machine.js";
import { sleep } from "./shell.js";
import type { Store, Stored } from "./store.js";

const holdingSchema = z.object({
  id: z.string(),
  /** Command that holds the lock: "rollout". */
  command: z.string(),
  /** User and host of the process that holds the lock, for messages. */
  holder: z.string(),
  machine: z.string(),
  boot: z.string(),
  pid: z.number(),
  began: z.string(),
  /** Start of the run, ISO 8601. */
  since: z.string(),
  /** Random text. It makes the stored text of each renewal unique. */
  renewal: z.string(),
  /** Server being changed, which may be off or incomplete. */
  inHand: z.string().optional(),
});

/** Content of the lock while a process holds it. */
export type Holding = z.infer<typeof holdingSchema>;

/** Content of a released lock. It stays stored, because the next holder replaces this version of it. */
const freeSchema = z.object({ free: z.literal(true), renewal: z.string() });

const lockSchema = z.union([freeSchema, holdingSchema]);

/**
 * Seconds between renewals of the lock, and seconds without a renewal after which another process may conclude that the holder has ended.
 */
export const seconds = { renewal: 10, watch: 25 };

/** Another process took the lock while a command ran. */
class LockLost extends Error {}

/** The stored text is not a lock that these commands wrote. */
export class UnreadableLock extends Error {}

/** The place that stores the lock of an environment. */
export class LockStore {
  constructor(readonly store: Store) {}

  get place(): string {
    return this.store.place;
  }

  /** Reads the lock. @returns `undefined` if no process holds it @throws UnreadableLock */
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

  /** Releases the lock if the stored version is the given version. @returns whether the lock was released */
  async release(version: string): Promise<boolean> {
    return (await this.store.write(freeText(), version)) !== undefined;
  }

  /** Watches the stored lock, and returns true if another process renews it meanwhile. Clocks of other machines do not matter. */
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

/** Describes the holder of a lock: "npm run ops rollout (ada on desk, process 7, since 2026-01-01T00:00:00Z, changing alpha)". */
export const described = ({ command, holder, pid, since, inHand }: Holding): string =>
  `npm run ops ${command} (${holder}, process ${pid}, since ${since}${inHand === undefined ? "" : `, changing ${inHand}`})`;

/**
 * Returns the reason why a command must not take over a lock, or `undefined` if it may. Pure. @param liveness `other-boot`: the holder has
 * not renewed the lock
 */
export function refusalOf(found: Holding, command: string, liveness: Liveness): string | undefined {
  if (liveness === "running") return `${described(found)} is running; wait until it ends`;
  if (liveness === "elsewhere")
    return `${described(found)} runs on another machine, or was interrupted there. If it was interrupted, run it again there, or: npm run ops unlock`;
  // "replace alpha" may always take over: it replaces alpha in any state that an interrupted command left.
  if (found.inHand !== undefined && found.command !== command && command !== `replace ${found.inHand}`)
    return `${described(found)} was interrupted. Run it again; it continues where it stopped. If ${found.inHand} is healthy: npm run ops unlock`;
  return undefined;
}

/** Returns the text that this process stores in a lock. */
export const holdingOf = (command: string): Holding => ({
  ...thisProcess(),
  id: randomUUID(),
  command,
  holder: `${process.env["USER"] || "unknown user"} on ${hostname()}`,
  since: new Date().toISOString(),
  renewal: randomUUID(),
});

/** Maximum number of attempts to take a lock that other processes take and release at the same time. */
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

  /**
   * Takes the lock. If an interrupted run of the same command left it, this run takes it over. @throws Error with a description of the
   * holder, if another run holds the lock
   */
  static async take(place: LockStore, command: string): Promise<Lock> {
    const mine = holdingOf(command);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const stored = await place.store.read();
      const found = place.parse(stored);
      // If the response of an earlier attempt was lost or repeated, the stored lock may already be the lock of this run.
      if (stored && found && found.id !== mine.id) await refuse(place, stored, found, command);
      const next: Holding = { ...mine, inHand: found?.inHand, renewal: randomUUID() };
      if ((await place.store.write(JSON.stringify(next), stored?.version)) === undefined) continue;
      // A store that repeats an old response has not written anything.
      const written = await place.store.read();
      if (written && place.parse(written)?.id === mine.id) return new Lock(place, next, written.version);
    }
    throw new Error(`locked: other runs took the lock ${attempts} times in a row\nThe lock is ${place.place}`);
  }

  /** Server that this run is changing, or that the interrupted run before it was changing. */
  get inHand(): string | undefined {
    return this.holding.inHand;
  }

  /** Stores the name of the server that is being changed; `undefined`: no server. @throws LockLost */
  setInHand(inHand: string | undefined): Promise<void> {
    return this.renew({ inHand });
  }

  /** Verifies with a conditional write that this run still holds the lock. @throws LockLost */
  verify(): Promise<void> {
    return this.renew({});
  }

  /** Renews the lock regularly until its release, so that other machines see that this run has not ended. */
  keepAlive(): void {
    this.timer = setInterval(() => {
      // The next changing step verifies the lock again and reports the loss.
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

  /** Writes one after the other, because each write needs the version of the write before it. */
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

  /** Replaces the stored lock if it belongs to this run. @returns the new version, or `undefined` if the lock was lost */
  private async write(text: string): Promise<string | undefined> {
    const { store } = this.place;
    const version = await store.write(text, this.version);
    if (version !== undefined) return version;
    // After a lost or repeated response, the version that this run knows may be outdated, and so may be the first read. So it reads twice.
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
  // After a restart of this machine the holder has ended. But the holder may run on a clone of this machine, which has the same id.
  if (liveness === "other-boot" && (await place.isRenewed(stored.version))) liveness = "elsewhere";
  const refusal = refusalOf(found, command, liveness);
  if (refusal !== undefined) throw new Error(`locked: ${refusal}\nThe lock is ${place.place}`);
}

/** The lock of the command that this process runs. */
let required: Lock | undefined;

/** Sets the lock that every later changing step verifies. */
export const requireLock = (lock: Lock | undefined): void => void (required = lock);

/** Verifies the lock of this command. Every changing step calls this function first. @throws LockLost */
export const verifyLock = async (): Promise<void> => required?.verify();
