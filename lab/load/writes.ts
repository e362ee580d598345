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
import type { LoadProps, LoadResult } from "./load.js";

/** Settings of the visitor who writes, and the common beginning of all written texts. */
export interface Writing {
  readonly visitor: ApplicationVisitor;
  /** Common beginning of all written texts. */
  readonly start: string;
}

/** A running write load. */
export interface WriteLoad extends Writing {
  /** Promise of the result. The promise resolves when the load ends. */
  readonly end: Promise<Written>;
}

/** Result of a write load. */
export interface Written extends LoadResult, Writing {
  /** Texts of all writes that the site acknowledged. */
  readonly kept: readonly string[];
  /** Longest time without a successful write, in seconds. */
  readonly longestGap: number;
  /** True if the last write succeeded, which means that the longest gap has ended. */
  readonly worksAgain: boolean;
}

/**
 * Starts a write load through edge and load balancer, and waits until the first texts are stored.
 * @param until signal that ends the load early
 * @throws if `application.visitor` is missing
 */
export async function startWriting(
  lab: Lab,
  { primary }: WholeGroup,
  { ratePerSecond = 20, ...rest }: Pick<LoadProps, "seconds" | "timeoutSeconds"> & { readonly ratePerSecond?: number },
  until?: AbortSignal,
): Promise<WriteLoad> {
  const visitor = applicationVisitor(lab.blueprint.environment.config);
  const writing = { visitor, start: `write-${Date.now()}-` };
  const request = requestToWrite(visitor, `${writing.start}{n}`);
  const load = lab.load({ url: lab.url(visitor.path), ...request, ratePerSecond, ...rest, keepAlive: true }, until);
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

/** Returns the texts of a write load that a member has stored. */
export const writesOn = async (machine: Machine, { visitor, start }: Writing): Promise<ReadonlySet<string>> =>
  textsIn((await query(machine, statementFor(visitor, start))).join("\n"), start);

/** Returns the acknowledged texts that a member lacks, with the machine's name as the key. If no write is lost, the result is empty. */
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
