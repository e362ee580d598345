import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { readFileSync } from "node:fs";

/** What stands in the lock. */
export interface Holding {
  /** Command that holds it: "rollout". */
  readonly command: string;
  /** Who runs it: user and host. */
  readonly holder: string;
  readonly host: string;
  readonly pid: number;
  /** When that process began, in the kernel's ticks: a process number is used again. */
  readonly began: string;
  /** When it was taken, ISO 8601. */
  readonly since: string;
  /** Server that is being worked on, and may be off or half made. @default - none */
  readonly inHand?: string;
}

/** Where the lock is kept: one for each environment. */
export interface LockStore {
  /** For a person: where it is. */
  readonly place: string;
  read(): Promise<Holding | undefined>;
  /** Writes it if there is none. @returns whether it did @throws Error of the store, for anything but a lock that is there */
  create(holding: Holding): Promise<boolean>;
  /** Writes it in place of what is there. */
  replace(holding: Holding): Promise<void>;
  remove(): Promise<void>;
}

/** The lock as a file beside the local state. */
export class FileLock implements LockStore {
  constructor(readonly place: string) {}

  async read(): Promise<Holding | undefined> {
    const text = await readFile(this.place, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    return text === undefined ? undefined : (JSON.parse(text) as Holding);
  }

  async create(holding: Holding): Promise<boolean> {
    await mkdir(dirname(this.place), { recursive: true });
    // Another run never sees half a file, nor does a run that is killed meanwhile leave one.
    const whole = `${this.place}.${process.pid}`;
    await writeFile(whole, JSON.stringify(holding));
    try {
      await link(whole, this.place);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(whole, { force: true });
    }
  }

  async replace(holding: Holding): Promise<void> {
    // A run that is killed meanwhile must not leave half a file.
    await writeFile(`${this.place}.new`, JSON.stringify(holding));
    await rename(`${this.place}.new`, this.place);
  }

  remove(): Promise<void> {
    return rm(this.place, { force: true });
  }
}

/** When a process began, in the kernel's ticks; empty where that cannot be told. */
function beganOf(pid: number): string {
  try {
    return (
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ")[19] ?? ""
    );
  } catch {
    return "";
  }
}

/** Whether the process that took a lock has ended; `undefined` on another host, where nobody can tell. */
export function hasEnded({ host, pid, began }: Holding): boolean | undefined {
  if (host !== hostname()) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  return began !== beganOf(pid);
}

const words = ({ command, holder, pid, since, inHand }: Holding): string =>
  `npm run ops ${command} (${holder}, process ${pid}, since ${since}${inHand === undefined ? "" : `, ${inHand} in hand`})`;

/** Why a run may not take over a lock that is there; `undefined` when it may. Pure. @param ended as {@link hasEnded} says */
export function refusalOf(found: Holding, command: string, ended: boolean | undefined): string | undefined {
  if (ended === false) return `${words(found)} is at work; wait for its end`;
  if (ended === undefined)
    return `${words(found)} is at work on ${found.host}, or was interrupted there; if it was, run it again there, or npm run ops unlock`;
  // "replace alpha" starts over with alpha, in whatever state an interrupted command left it.
  if (found.inHand !== undefined && found.command !== command && command !== `replace ${found.inHand}`)
    return `${words(found)} was interrupted; run it again: it takes up where it stopped. Or, when ${found.inHand} is well: npm run ops unlock`;
  return undefined;
}

/** What this process writes into a lock that it takes. */
export const holdingOf = (command: string): Holding => ({
  command,
  holder: `${process.env["USER"] || "somebody"} on ${hostname()}`,
  host: hostname(),
  pid: process.pid,
  began: beganOf(process.pid),
  since: new Date().toISOString(),
});

/** The lock while this process holds it. */
export class Lock {
  private constructor(
    private readonly store: LockStore,
    private holding: Holding,
  ) {}

  /** Takes the lock, also from a run of the same command that was interrupted. @throws when somebody else has it; says who */
  static async take(store: LockStore, command: string): Promise<Lock> {
    const mine = holdingOf(command);
    if (await store.create(mine)) return new Lock(store, mine);
    const found = await store.read();
    if (found === undefined) return Lock.take(store, command);
    const refusal = refusalOf(found, command, hasEnded(found));
    if (refusal !== undefined) throw new Error(`locked: ${refusal}\nthe lock is ${store.place}`);
    const taken = { ...mine, inHand: found.inHand };
    await store.replace(taken);
    return new Lock(store, taken);
  }

  /** Server that this run, or the interrupted one before it, works on. */
  get inHand(): string | undefined {
    return this.holding.inHand;
  }

  /** Says which server is worked on from now on; none: every server is as it should be. */
  async setInHand(inHand: string | undefined): Promise<void> {
    this.holding = { ...this.holding, inHand };
    await this.store.replace(this.holding);
  }

  /** Gives the lock back; with a server in hand it stays, for the next run of the same command. */
  async release(): Promise<void> {
    if (this.holding.inHand === undefined) await this.store.remove();
  }
}
