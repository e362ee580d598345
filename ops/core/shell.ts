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
}

/** Runs a program and reports how it ended; it never throws. */
export async function runToEnd(
  [program, ...args]: readonly [string, ...string[]],
  { timeoutSeconds, input, directory, environment }: RunProps,
): Promise<Ended> {
  const result = await execa(program, args, {
    reject: false,
    timeout: timeoutSeconds * 1000,
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    ...(directory !== undefined && { cwd: directory }),
    ...(environment && { env: environment }),
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

/** Resolves after so many seconds. */
export const sleep = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, seconds * 1000));

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
