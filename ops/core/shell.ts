import { setMaxListeners } from "node:events";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";

/** A command that has ended, successfully or not. */
export interface Ended {
  readonly ok: boolean;
  readonly exitCode: number | undefined;
  readonly stdout: string;
  /** Standard error; of a command that was ended for its time or could not start, the reason. */
  readonly stderr: string;
}

/** Options of {@link runToEnd}. */
export interface RunProps {
  /** Seconds after which the program is terminated and counts as failed. @default - no limit */
  readonly timeoutSeconds?: number;
  /** @default - nothing */
  readonly input?: string;
  /** @default - the current directory */
  readonly directory?: string;
  /** Variables added to the environment. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether standard error is shown while the program runs. @default false */
  readonly shown?: boolean;
  /**
   * For a program that must save its work: it gets SIGINT once, on Ctrl-C or after the time limit, and is never killed.
   * @default false
   */
  readonly graceful?: boolean;
  /** Receives each line of standard output. @default - none */
  readonly report?: (line: string) => void;
}

/** Runs a program and reports how it ended; it never throws. */
export async function runToEnd(
  [program, ...args]: readonly [string, ...string[]],

  { timeoutSeconds, input, directory, environment, shown, graceful = false, report }: RunProps,
): Promise<Ended> {
  const running = execa(program, args, {
    reject: false,
    // In its own process group: Ctrl-C in a terminal reaches the whole group, and Terraform would leave a server half made.
    detached: true,
    timeout: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
    cwd: directory,
    env: environment,
    ...(graceful && { killSignal: "SIGINT" as const, forceKillAfterDelay: false as const }),
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    ...(shown && { stderr: ["pipe" as const, "inherit" as const] }),
    ...(report && { stdout: reporting(report) }),
  });
  const interrupt = (): void => void running.kill("SIGINT");
  if (graceful) interruption.signal.addEventListener("abort", interrupt);
  const result = await running;
  interruption.signal.removeEventListener("abort", interrupt);
  const reason = result.failed ? (result.shortMessage ?? "") : "";
  return {
    ok: !result.failed,
    exitCode: result.exitCode,
    stdout: textOf(result.stdout),
    stderr: result.timedOut ? `timed out after ${timeoutSeconds} s` : textOf(result.stderr) || reason,
  };
}

const textOf = (output: unknown): string => (typeof output === "string" ? output : "");

/** A transform that passes lines on unchanged. */
const reporting = (report: (line: string) => void) =>
  function* (line: unknown): Generator<unknown> {
    report(String(line));
    yield line;
  };

/** Aborted when this program receives a signal to end. */
const interruption = new AbortController();
// Any number of waits may run at once.
setMaxListeners(0, interruption.signal);

/**
 * On Ctrl-C or another signal to end, waiting stops and no new step starts, so that cleanup runs: plan files are removed, and the lock stores
 * which server is being changed. Terraform is interrupted once and saves its state. A command on a server runs to its end.
 */
export function endInOrder(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interruption.abort());
}

/** Whether this program received a signal to end. */
export const isInterrupted = (): boolean => interruption.signal.aborted;

/** @throws if this program must end */
export function goOn(): void {
  if (isInterrupted()) throw new Error("interrupted; run the same command again, it continues where it stopped");
}

/** Resolves after this number of seconds. @throws if this program must end */
export async function sleep(seconds: number): Promise<void> {
  await setTimeout(seconds * 1000, undefined, { signal: interruption.signal }).catch(goOn);
}

/** Options of {@link waitUntil}. */
export interface WaitProps {
  /** Time limit in seconds. */
  readonly limitSeconds: number;
  /** Seconds between two checks. @default 2 */
  readonly pauseSeconds?: number;
  /** Receives the missing conditions from time to time. @default - no reports */
  readonly report?: (missing: string) => void;
}

/**
 * Repeats a check until nothing is missing.
 * @param missing returns the missing condition, or `undefined` if there is none
 * @throws after the time limit, with the awaited and the missing condition
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
    if (Date.now() >= end) throw new Error(`${what}: timed out after ${limitSeconds} s; ${now}`);
    if (now !== told) report?.(now);
    told = now;
    await sleep(pauseSeconds);
  }
}
