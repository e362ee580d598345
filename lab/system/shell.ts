import type { Readable } from "node:stream";
import { execa, type Options } from "execa";

/** Default time limit of a command in seconds. */
export const defaultTimeoutSeconds = 600;

/** Options of a command. */
export interface RunOptions {
  /** Standard input of the command. @default - none */
  readonly input?: string | Readable;
  /** Time limit of the command in seconds. A command that exceeds the time limit is stopped and fails. @default defaultTimeoutSeconds */
  readonly timeoutSeconds?: number;
  /** Additional environment variables. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Working directory of the command. @default - the current directory */
  readonly directory?: string;
}

/** Result of a command that may fail. */
export interface RunResult {
  readonly ok: boolean;
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const execaOptions = (options: RunOptions) =>
  ({
    input: options.input,
    stdin: options.input === undefined ? "ignore" : "pipe",
    timeout: (options.timeoutSeconds ?? defaultTimeoutSeconds) * 1000,
    env: options.environment,
    cwd: options.directory,
  }) satisfies Options;

/** Runs a command and returns the command's output. @throws if the command fails; the error contains the command and the standard error */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { input, ...rest } = execaOptions(options);
  const { stdout } = await execa(command, args, input === undefined ? rest : { ...rest, input });
  return stdout;
}

/** Runs a command and returns the result even if the command fails. */
export async function tryRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { input, ...rest } = execaOptions(options);
  const result = await execa(command, args, { ...rest, ...(input === undefined ? {} : { input }), reject: false });
  return {
    ok: !result.failed,
    exitCode: result.exitCode,
    stdout: result.stdout,
    stderr: result.stderr || (result.failed ? (result.shortMessage ?? "") : ""),
  };
}

/** Waits for the given number of seconds. */
export const sleep = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, seconds * 1000));

const shown = (seen: unknown): string => (typeof seen === "string" ? seen : JSON.stringify(seen));

/**
 * Repeats `check` with a pause until `check` returns a value other than `undefined` or `false`. `check` passes the observed state to `see`.
 * @throws after `timeoutSeconds`; the error contains `what` and the last observed state
 */
export async function waitFor<T>(
  what: string,
  check: (see: <Seen>(seen: Seen) => Seen) => Promise<T | undefined | false> | T | undefined | false,
  { timeoutSeconds = 30, pauseSeconds = 0.1 } = {},
): Promise<T> {
  const end = Date.now() + timeoutSeconds * 1000;
  let last: unknown;
  const see = <Seen>(seen: Seen): Seen => {
    last = seen;
    return seen;
  };
  for (;;) {
    const value = await check(see);
    if (value !== undefined && value !== false) return value;
    if (Date.now() >= end)
      throw new Error(
        `${what}: timed out after ${timeoutSeconds} s; ${last === undefined ? "nothing was seen" : `last seen: ${shown(last)}`}`,
      );
    await sleep(pauseSeconds);
  }
}
