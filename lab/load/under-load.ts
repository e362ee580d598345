import { type WholeGroup, wholeGroup } from "../group.js";
import type { Lab } from "../lab.js";
import { sleep } from "../system/shell.js";
import type { LoadResult } from "./load.js";
import { lostWrites, startWriting, type Written } from "./writes.js";

/** Results of an action and of the visitors' requests during the action. */
export interface UnderLoad<T> {
  readonly result: T;
  /** Duration of the action in seconds. */
  readonly seconds: number;
  readonly reads: LoadResult;
  readonly writes: Written;
  /** Acknowledged texts that a member lacks at the end, with the member's name as the key. */
  readonly lost: Awaited<ReturnType<typeof lostWrites>>;
}

/** Load that {@link underLoad} sends. */
export interface Visitors {
  /** Number of reads per second, and number of writes per second. */
  readonly ratePerSecond: number;
  /** Time limit of each request in seconds. A request without a response fails at this limit. @default 15 */
  readonly timeoutSeconds?: number;
}

/** Maximum duration of the load in seconds. The action must be shorter. */
const longestSeconds = 2400;
/** Duration of the load before and after the action, each in seconds. */
const marginSeconds = 3;

/**
 * Runs an action while visitors read and write. Each read uses a new connection.
 * @param group healthy group before the action. After the action, the group must become healthy again.
 * @throws the error of the action, or an error with the result of the action if the group does not become healthy
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
    // All requests must end before the function returns. Errors of requests are ignored, because the action's error is more important.
    await Promise.allSettled([reading, writing.end]);
  }
}
