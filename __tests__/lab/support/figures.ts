import type { LoadResult } from "../../../lab/load/load.js";

/** Prints a measured figure with the prefix FIGURE. The command `npm run lab bench proof` shows the lines with this prefix. */
export const figure = (what: string, value: string): void => console.log(`FIGURE: ${what}: ${value}`);

/** Describes the failed requests: "61 of 340 failed (503: 60, timeout: 1, sent 3.1 s to 9.0 s after the start)". */
export function failures({ failed, sent, failures: all }: LoadResult): string {
  const counts = new Map<string, number>();
  for (const { reason } of all) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  if (counts.size === 0) return `${failed} of ${sent} failed`;
  const reasons = [...counts].map(([reason, count]) => `${reason}: ${count}`).join(", ");
  const times = all.map(({ at }) => at);
  const period = `sent ${seconds(Math.min(...times))} to ${seconds(Math.max(...times))} after the start`;
  return `${failed} of ${sent} failed (${reasons}, ${period})`;
}

/** Counts the failed requests that were sent between two times in Unix seconds. */
export const failedBetween = ({ startedAt, failures: all }: LoadResult, from: number, to: number): number =>
  all.filter(({ at }) => startedAt + at >= from && startedAt + at < to).length;

/**
 * Describes the three longest pauses between two successful requests: "3.1 s (after 0.4 s), 0.9 s (after 7.0 s)". @param since time of the
 * fault in Unix seconds
 */
export const pauses = ({ startedAt, gaps }: LoadResult, since: number): string =>
  gaps
    .slice(0, 3)
    .map((gap) => `${seconds(gap.seconds)} (after ${seconds(startedAt + gap.from - since)})`)
    .join(", ");

/** Returns the current time in Unix seconds. */
export const now = (): number => Date.now() / 1000;

export const seconds = (value: number): string => `${value.toFixed(1)} s`;

/** Describes durations with median and maximum: "2.1 s, 3.4 s (median 2.8 s, worst 3.4 s)". */
export function secondsOf(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  return `${values.map(seconds).join(", ")} (median ${seconds(median)}, worst ${seconds(sorted.at(-1) ?? 0)})`;
}

/** Runs a function and returns the function's result and duration in seconds. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly seconds: number }> {
  const started = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - started) / 1000 };
}
