import { type WholeGroup, wholeGroup } from "../group.js";
import type { Lab } from "../lab.js";
import { sleep } from "../system/shell.js";
import type { LoadResult } from "./load.js";
import { lostWrites, startWriting, type Written } from "./writes.js";

/** What became of visitors while something was done. */
export interface UnderLoad<T> {
  readonly result: T;
  /** How long it took. */
  readonly seconds: number;
  readonly reads: LoadResult;
  readonly writes: Written;
  /** Texts, by member, that visitors were told are kept and that are not there at the end. */
  readonly lost: Awaited<ReturnType<typeof lostWrites>>;
}

/** Longest work, in seconds. */
const longestSeconds = 2400;
/** How long visitors come before and after the work, in seconds. */
const marginSeconds = 3;

/**
 * Does something while visitors read and write, each read with a connection of its own.
 * @param group that is whole before; it must be whole again afterwards
 * @throws Error of the work, or of a group that is not whole, with what was done before
 */
export async function underLoad<T>(
  lab: Lab,
  group: WholeGroup,
  { ratePerSecond }: { readonly ratePerSecond: number },
  work: () => Promise<T>,
): Promise<UnderLoad<T>> {
  const over = new AbortController();
  const load = { seconds: longestSeconds, ratePerSecond };
  const writing = await startWriting(lab, group, load, over.signal);
  const reading = lab.load({ url: lab.url(), ...load }, over.signal);
  try {
    await sleep(marginSeconds);
    const began = performance.now();
    const result = await work();
    const seconds = (performance.now() - began) / 1000;
    await sleep(marginSeconds);
    over.abort();
    const [reads, writes] = await Promise.all([reading, writing.end]);
    const after = await wholeGroup(lab).catch((error: Error) => {
      throw new Error(`${error.message}\nwhat was done before: ${JSON.stringify(result)}`, { cause: error });
    });
    return { result, seconds, reads, writes, lost: await lostWrites(after, writes) };
  } finally {
    over.abort();
    // Nobody visits any more when this returns, and what becomes of visitors while the work fails is nobody's error.
    await Promise.allSettled([reading, writing.end]);
  }
}
