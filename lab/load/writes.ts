import type { WholeGroup } from "../group.js";
import type { Lab } from "../lab.js";
import type { Machine } from "../machine/machine.js";
import { catchUp, query } from "../machine/sql.js";
import { waitFor } from "../system/shell.js";
import {
  type ApplicationVisitor,
  applicationVisitor,
  requestToWrite,
  statementFor,
  textsIn,
} from "./application-visitor.js";
import type { LoadResult } from "./load.js";

/** What is written: by whom, and how its texts begin. */
export interface Writing {
  readonly visitor: ApplicationVisitor;
  /** Beginning of every text. */
  readonly start: string;
}

/** Visitors who write all the time. */
export interface WriteLoad extends Writing {
  /** Outcome, when the time is over. */
  readonly end: Promise<Written>;
}

/** What became of what was written. */
export interface Written extends LoadResult, Writing {
  /** Texts that visitors were told are kept. */
  readonly kept: readonly string[];
  /** Longest time without a successful write, in seconds. */
  readonly longestGap: number;
  /** Whether writes worked at the end, so that the longest gap is over. */
  readonly worksAgain: boolean;
}

/**
 * Starts to write through edge and balancer, and returns when the first texts are there.
 * @param until ends the writing early, when it is aborted
 * @throws when the settings do not say how a visitor writes
 */
export async function startWriting(
  lab: Lab,
  { primary }: WholeGroup,
  { seconds, ratePerSecond = 20 }: { readonly seconds: number; readonly ratePerSecond?: number },
  until?: AbortSignal,
): Promise<WriteLoad> {
  const visitor = applicationVisitor(lab.blueprint.environment.config);
  const writing = { visitor, start: `write-${Date.now()}-` };
  const request = requestToWrite(visitor, `${writing.start}{n}`);
  const load = lab.load({ url: lab.url(visitor.path), ...request, ratePerSecond, seconds, keepAlive: true }, until);
  await waitFor(
    `first writes in app.${visitor.table} on ${primary.name}`,
    async (see) => see((await writesOn(primary, writing)).size) >= ratePerSecond,
    { timeoutSeconds: 60 },
  );
  return { ...writing, end: load.then((result) => ({ ...result, ...judged(writing, result) })) };
}

const judged = (writing: Writing, { acknowledged, gaps, sent }: LoadResult) => ({
  ...writing,
  kept: acknowledged.map((n) => `${writing.start}${n}`),
  longestGap: gaps[0]?.seconds ?? 0,
  worksAgain: acknowledged.includes(sent - 1),
});

/** Texts that a member has. */
export const writesOn = async (machine: Machine, { visitor, start }: Writing): Promise<ReadonlySet<string>> =>
  textsIn((await query(machine, statementFor(visitor, start))).join("\n"), start);

/** Texts, by machine, that visitors were told are kept and that a member does not have; empty when nothing is lost. */
export async function lostWrites(
  { primary, replicas }: WholeGroup,
  { kept, ...writing }: Writing & Pick<Written, "kept">,
): Promise<Record<string, readonly string[]>> {
  const lost: Record<string, readonly string[]> = {};
  for (const machine of [primary, ...replicas]) {
    await catchUp(machine, primary);
    const there = await writesOn(machine, writing);
    const missing = kept.filter((text) => !there.has(text));
    if (missing.length > 0) lost[machine.name] = missing;
  }
  return lost;
}
