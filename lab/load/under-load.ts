import { type WholeGroup, wholeGroup } from "../group.js";
import type { Lab } from "../lab.js";
import { sleep } from "../system/shell.js";
import type { LoadResult } from "./load.js";
import { lostWrites, startWriting, type Written } from "./writes.js";

/** Results of an action and of the visitors' requests during the action. */
export interface UnderLoad<T> {
  readonly result: T;
  /** Duration of the action. */
  readonly seconds: number;
  readonly reads: LoadResult;
  readonly writes: Written;
  /** Acknowledged texts that are missing at the end, by member. */
  readonly lost: Awaited<ReturnType<typeof lostWrites>>;
}

/** Load of {@link underLoad}. */
export interface Visitors {
  /** Reads per second, and writes per second. */
  readonly ratePerSecond: number;
  /** Seconds after which an unanswered request counts as failed. @default 15 */
  readonly timeoutSeconds?: number;
}

/** Maximum duration of the action in seconds. */
const longestSeconds = 2400;
/** How long the load runs before and after the action, in seconds. */
const marginSeconds = 3;

/**
 * Runs an action while visitors read and write. Each read uses a new connection.
 * @param group the healthy group before the action; it must be healthy again afterwards
 * @throws Error of the action, or of an unhealthy group with the result of the action
 */
export async function underLoad<T>(
  lab: Lab,
  group: WholeGroup,
  visitors: Visitors,
  work: () => Promise<T>,
): Promise<UnderLoad<T>> {
  const over = new AbortController();
  const load = { seconds: longestSeconds, ...visitors };
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
      throw new Error(`${error.message}\nresult of the preceding action: ${JSON.stringify(result)}`, { cause: error });
    });
    return { result, seconds, reads, writes, lost: await lostWrites(after, writes) };
  } finally {
    over.abort();
    // Ends all requests before the function returns. Their errors are ignored if the action has failed.
    await Promise.allSettled([reading, writing.end]);
  }
}
