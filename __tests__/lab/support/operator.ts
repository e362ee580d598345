import { execa, type ResultPromise } from "execa";
import type { Snapshot } from "../../../ops/core/snapshot.js";

/** How a run of `npm run ops` ended. */
export interface Operated {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Begins a run of `npm run ops` for the lab, as an administrator would. */
export const begin = (args: readonly string[]): ResultPromise<{ reject: false }> =>
  // By its own process, which can be killed as it stands.
  execa(process.execPath, ["--import", "tsx", "ops/cli.ts", ...args], {
    env: { ENVIRONMENT: "lab" },
    reject: false,
    timeout: 1_500_000,
  });

/** Waits until a run says something. */
export const said = (run: ReturnType<typeof begin>, words: RegExp): Promise<void> =>
  new Promise((done) => run.stdout?.on("data", (chunk: Buffer) => words.test(chunk.toString()) && done()));

/** Runs `npm run ops` for the lab to its end. */
export async function ops(...args: readonly string[]): Promise<Operated> {
  const { exitCode, stdout, stderr } = await begin(args);
  return { exitCode, stdout, stderr };
}

/** Runs `npm run ops` for the lab and kills it when it says these words. @throws when it ends by itself before, or has an error to tell */
export async function killedAt(words: RegExp, ...args: readonly string[]): Promise<void> {
  const run = begin(args);
  void said(run, words).then(() => run.kill("SIGKILL"));
  const { signal, stderr } = await run;
  if (signal !== "SIGKILL" || stderr !== "")
    throw new Error(
      `ops ${args.join(" ")}: was to be killed at ${String(words)}, and ended by ${signal ?? "itself"}\n${stderr}`,
    );
}

/** What `status --json` tells. */
export type Status = Snapshot & { readonly needsHand: readonly string[]; readonly lock: unknown };

export async function statusNow(): Promise<Status> {
  const { stdout, stderr } = await ops("status", "--json");
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout) as Status;
}
