import { execa, type ResultPromise } from "execa";
import type { Snapshot } from "../../../ops/core/snapshot.js";

/** Result of one run of `npm run ops`. */
export interface Operated {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `npm run ops` for the lab, as an administrator would do. */
export const begin = (args: readonly string[]): ResultPromise<{ reject: false }> =>
  // The command uses node directly, because a signal to npm would not kill the run.
  execa(process.execPath, ["--import", "tsx", "ops/cli.ts", ...args], {
    env: { ENVIRONMENT: "lab" },
    reject: false,
    timeout: 1_500_000,
  });

/** Waits until the output of a run matches. */
export const said = (run: ReturnType<typeof begin>, words: RegExp): Promise<void> =>
  new Promise((done) => run.stdout?.on("data", (chunk: Buffer) => words.test(chunk.toString()) && done()));

/** Runs `npm run ops` for the lab and waits until the command ends. */
export async function ops(...args: readonly string[]): Promise<Operated> {
  const { exitCode, stdout, stderr } = await begin(args);
  return { exitCode, stdout, stderr };
}

/** Runs `npm run ops` for the lab and kills the process when the output matches. @throws if the process ends earlier or reports an error */
export async function killedAt(words: RegExp, ...args: readonly string[]): Promise<void> {
  const run = begin(args);
  void said(run, words).then(() => run.kill("SIGKILL"));
  const { signal, stderr } = await run;
  if (signal !== "SIGKILL" || stderr !== "")
    throw new Error(
      `ops ${args.join(" ")}: expected to kill the run at ${String(words)}, but it ended ${signal ? `with ${signal}` : "earlier"}\n${stderr}`,
    );
}

/** Output of `npm run ops status --json`. */
export type Status = Snapshot & { readonly needsHand: readonly string[]; readonly lock: unknown };

export async function statusNow(): Promise<Status> {
  const { stdout, stderr } = await ops("status", "--json");
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout) as Status;
}
