import type { Lab } from "../lab.js";
import type { LoadResult } from "./load.js";
import { waitFor } from "../system/shell.js";
import type { WholeGroup } from "../group.js";
import { catchUp, notesOn } from "../machine/sql.js";

/** Visitors who leave notes all the time. */
export interface WriteLoad {
  /** Beginning of every note's text. */
  readonly start: string;
  /** Outcome, when the time is over. */
  readonly end: Promise<Written>;
}

/** What became of the notes. */
export interface Written extends LoadResult {
  readonly start: string;
  /** Texts of the notes that visitors were told are kept. */
  readonly kept: readonly string[];
  /** Longest time without a successful write, in seconds. */
  readonly longestGap: number;
  /** Whether writes worked at the end, so that the longest gap is over. */
  readonly worksAgain: boolean;
}

/**
 * Starts to write through edge and balancer, and returns when the first notes are there.
 * @param until ends the writing early, when it is aborted
 */
export async function startWriting(
  lab: Lab,
  { primary }: WholeGroup,
  { seconds, ratePerSecond = 20 }: { readonly seconds: number; readonly ratePerSecond?: number },
  until?: AbortSignal,
): Promise<WriteLoad> {
  const start = `write ${Date.now()} `;
  const body = JSON.stringify({ author: "proof", text: `${start}{n}` });
  const url = lab.url("/api/notes");
  const load = lab.load({ url, method: "POST", body, ratePerSecond, seconds, keepAlive: true }, until);
  await waitFor(
    `first notes on ${primary.name}`,
    async (see) => see((await notesOn(primary, start)).size) >= ratePerSecond,
    { timeoutSeconds: 60 },
  );
  return { start, end: load.then((result) => ({ ...result, ...judged(start, result) })) };
}

const judged = (start: string, { acknowledged, gaps, sent }: LoadResult) => ({
  start,
  kept: acknowledged.map((n) => `${start}${n}`),
  longestGap: gaps[0]?.seconds ?? 0,
  worksAgain: acknowledged.includes(sent - 1),
});

/** Notes, by machine, that visitors were told are kept and that a member does not have; empty when nothing is lost. */
export async function lostNotes(
  { primary, replicas }: WholeGroup,
  { start, kept }: Pick<Written, "start" | "kept">,
): Promise<Record<string, readonly string[]>> {
  const lost: Record<string, readonly string[]> = {};
  for (const machine of [primary, ...replicas]) {
    await catchUp(machine, primary);
    const there = await notesOn(machine, start);
    const missing = kept.filter((text) => !there.has(text));
    if (missing.length > 0) lost[machine.name] = missing;
  }
  return lost;
}
