import type { Readable } from "node:stream";
import { execa, type Options } from "execa";

/** How long a command may take, in seconds, when its caller does not say. */
export const defaultTimeoutSeconds = 600;

/** What a command may be given besides its arguments. */
export interface RunOptions {
  /** Written to the command's standard input. @default - nothing */
  readonly input?: string | Readable;
  /** Seconds after which the command is ended and counts as failed. @default defaultTimeoutSeconds */
  readonly timeoutSeconds?: number;
  /** Variables added to the environment. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Directory the command runs in. @default - the current one */
  readonly directory?: string;
}

/** The end of a command that is allowed to fail. */
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

/** Runs a command to its end and returns its output; a failure is an error that shows the command and its standard error. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { input, ...rest } = execaOptions(options);
  const { stdout } = await execa(command, args, input === undefined ? rest : { ...rest, input });
  return stdout;
}

/** Runs a command to its end and reports how it ended instead of throwing. */
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

/** Resolves after so many seconds. */
export const sleep = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, seconds * 1000));

const shown = (seen: unknown): string => (typeof seen === "string" ? seen : JSON.stringify(seen));

/**
 * Waits until `check` gives a value other than `undefined` or `false`, asking again after each pause. What `check` hands to `see` is what
 * it based its answer on.
 * @throws when `timeoutSeconds` have passed; the message says what was waited for and what was seen last.
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
        `${what}: not after ${timeoutSeconds} s; ${last === undefined ? "nothing was seen" : `last seen: ${shown(last)}`}`,
      );
    await sleep(pauseSeconds);
  }
}
