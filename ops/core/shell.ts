import { setMaxListeners } from "node:events";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";

/** Result of a command that succeeded or failed. */
export interface Ended {
  readonly ok: boolean;
  readonly exitCode: number | undefined;
  readonly stdout: string;
  /** Standard error. If the command exceeded its time limit or could not start, this is the reason. */
  readonly stderr: string;
}

/** Options of {@link runToEnd}. */
export interface RunProps {
  /** Time limit in seconds. After it the program is terminated, and its result is a failure. @default - no limit */
  readonly timeoutSeconds?: number;
  /** Standard input of the program. @default - empty */
  readonly input?: string;
  /** @default - the current directory */
  readonly directory?: string;
  /** Variables added to the environment. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether standard error is printed while the program runs. @default false */
  readonly shown?: boolean;
  /**
   * Whether the program must have time to save its work. On Ctrl-C or after the time limit, the program receives one SIGINT, and it is
   * never killed.
   * @default false
   */
  readonly graceful?: boolean;
  /** Receives each line of standard output. @default - none */
  readonly report?: (line: string) => void;
}

/** Runs a program and returns its result, also if the program fails. It never throws an error. */
export async function runToEnd(
  [program, ...args]: readonly [string, ...string[]],

  { timeoutSeconds, input, directory, environment, shown, graceful = false, report }: RunProps,
): Promise<Ended> {
  const running = execa(program, args, {
    reject: false,
    // The program runs in its own process group. Otherwise Ctrl-C in a terminal would also interrupt Terraform directly, which could leave
    // a server half created.
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

/** Returns a transform that reports each line and does not change it. */
const reporting = (report: (line: string) => void) =>
  function* (line: unknown): Generator<unknown> {
    report(String(line));
    yield line;
  };

/** Is aborted when this program receives a signal to end. */
const interruption = new AbortController();
// Many waiting functions may listen at the same time.
setMaxListeners(0, interruption.signal);

/**
 * Installs handlers for Ctrl-C and other signals to end. After a signal, this program stops waiting, starts no new step and cleans up: it
 * removes plan files, and stores in the lock which server is being changed. Terraform is interrupted once and saves its state. A command
 * that runs on a server is not interrupted.
 */
export function endInOrder(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interruption.abort());
}

/** Returns true if this program received a signal to end. */
export const isInterrupted = (): boolean => interruption.signal.aborted;

/** Checks for a signal to end. @throws Error if this program received one */
export function goOn(): void {
  if (isInterrupted()) throw new Error("interrupted; run the same command again, it continues where it stopped");
}

/** Waits the given number of seconds. @throws Error if this program receives a signal to end */
export async function sleep(seconds: number): Promise<void> {
  await setTimeout(seconds * 1000, undefined, { signal: interruption.signal }).catch(goOn);
}

/** Options of {@link waitUntil}. */
export interface WaitProps {
  /** Time limit in seconds. */
  readonly limitSeconds: number;
  /** Seconds between two checks. @default 2 */
  readonly pauseSeconds?: number;
  /** Is called from time to time with the missing condition. @default - no reports */
  readonly report?: (missing: string) => void;
}

/**
 * Repeats a check until no condition is missing.
 * @param missing returns the missing condition, or `undefined` if there is none
 * @throws Error after the time limit; the message states the awaited condition and the missing condition
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
