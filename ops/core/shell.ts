import { setTimeout } from "node:timers/promises";
import { execa } from "execa";

/** A command that ran to its end, well or not. */
export interface Ended {
  readonly ok: boolean;
  readonly exitCode: number | undefined;
  readonly stdout: string;
  /** Standard error; of a command that was ended for its time or could not start, the reason. */
  readonly stderr: string;
}

/** What {@link runToEnd} may be told. */
export interface RunProps {
  /** Seconds after which it is ended and counts as failed. */
  readonly timeoutSeconds: number;
  /** @default - nothing */
  readonly input?: string;
  /** @default - the current directory */
  readonly directory?: string;
  /** Variables added to the environment. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether standard error is shown while the program runs. @default false */
  readonly shown?: boolean;
}

/** Runs a program and reports how it ended; it never throws. */
export async function runToEnd(
  [program, ...args]: readonly [string, ...string[]],
  { timeoutSeconds, input, directory, environment, shown }: RunProps,
): Promise<Ended> {
  const result = await execa(program, args, {
    reject: false,
    timeout: timeoutSeconds * 1000,
    // In a process group of its own: Ctrl-C in a terminal goes to a whole group, and Terraform would leave a server half made.
    detached: true,
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    ...(directory !== undefined && { cwd: directory }),
    ...(environment && { env: environment }),
    ...(shown && { stderr: ["pipe" as const, "inherit" as const] }),
  });
  return {
    ok: !result.failed,
    exitCode: result.exitCode,
    stdout: result.stdout,
    stderr: result.timedOut
      ? `no end after ${timeoutSeconds} s`
      : result.stderr || (result.failed ? (result.shortMessage ?? "") : ""),
  };
}

/** Aborted when whoever started this program asks it to end. */
const interruption = new AbortController();

/**
 * Lets Ctrl-C, and an order to end, end what waits and keep anything new from beginning, so that what must be put back is: the files of
 * plans are removed, and the lock says which server is in hand. What is under way elsewhere (Terraform, a command on a server) comes to its end.
 */
export function endInOrder(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interruption.abort());
}

/** @throws when this program is to end */
export function goOn(): void {
  if (interruption.signal.aborted)
    throw new Error("interrupted; run the same command again, it goes on where it stopped");
}

/** Resolves after so many seconds. @throws when this program is to end */
export async function sleep(seconds: number): Promise<void> {
  await setTimeout(seconds * 1000, undefined, { signal: interruption.signal }).catch(goOn);
}

/** What {@link waitUntil} may be told. */
export interface WaitProps {
  /** Seconds after which waiting has failed. */
  readonly limitSeconds: number;
  /** Seconds between two looks. @default 2 */
  readonly pauseSeconds?: number;
  /** Told at times what is still missing. @default - nobody is told */
  readonly report?: (missing: string) => void;
}

/**
 * Looks again and again until nothing is missing.
 * @param missing what is missing now; `undefined` when nothing is
 * @throws when the limit has passed; says what was waited for and what was missing at the end
 */
export async function waitUntil(
  what: string,
  missing: () => Promise<string | undefined>,
  { limitSeconds, pauseSeconds = 2, report }: WaitProps,
): Promise<void> {
  const end = Date.now() + limitSeconds * 1000;
  let told = "";
  for (;;) {
    const now = await missing();
    if (now === undefined) return;
    if (Date.now() >= end) throw new Error(`${what}: not after ${limitSeconds} s; ${now}`);
    if (now !== told) report?.(now);
    told = now;
    await sleep(pauseSeconds);
  }
}
