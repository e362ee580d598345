import { execa, type ResultPromise } from "execa";
import type { Snapshot } from "../../../ops/core/snapshot.js";

/** Result of a run of `npm run ops`. */
export interface Operated {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a run of `npm run ops` for the lab, as an administrator would. */
export const begin = (args: readonly string[]): ResultPromise<{ reject: false }> =>
  // Starts node directly, because a signal to npm would not kill the run.
  execa(process.execPath, ["--import", "tsx", "ops/cli.ts", ...args], {
    env: { ENVIRONMENT: "lab" },
    reject: false,
    timeout: 1_500_000,
  });

/** Waits until a run prints a line that matches. */
export const said = (run: ReturnType<typeof begin>, words: RegExp): Promise<void> =>
  new Promise((done) => run.stdout?.on("data", (chunk: Buffer) => words.test(chunk.toString()) && done()));

/** Runs `npm run ops` for the lab and waits for its end. */
export async function ops(...args: readonly string[]): Promise<Operated> {
  const { exitCode, stdout, stderr } = await begin(args);
  return { exitCode, stdout, stderr };
}

/** Runs `npm run ops` for the lab and kills it when its output matches. @throws if the run ends earlier or reports an error */
export async function killedAt(words: RegExp, ...args: readonly string[]): Promise<void> {
  const run = begin(args);
  void said(run, words).then(() => run.kill("SIGKILL"));
  const { signal, stderr } = await run;
  if (signal !== "SIGKILL" || stderr !== "")
    throw new Error(
      `ops ${args.join(" ")}: expected to kill the run at ${String(words)}, but it ended ${signal ? `with ${signal}` : "earlier"}\n${stderr}`,
    );
}

/** Output of `status --json`. */
export type Status = Snapshot & { readonly needsHand: readonly string[]; readonly lock: unknown };

export async function statusNow(): Promise<Status> {
  const { stdout, stderr } = await ops("status", "--json");
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout) as Status;
}
