/** Prints a measured figure so that it is found in the output of a run. */
export const figure = (what: string, value: string): void => console.log(`FIGURE: ${what}: ${value}`);

export const seconds = (value: number): string => `${value.toFixed(1)} s`;

/** "2.1 s, 3.4 s (median 2.8 s, worst 3.4 s)" */
export function secondsOf(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  return `${values.map(seconds).join(", ")} (median ${seconds(median)}, worst ${seconds(sorted.at(-1) ?? 0)})`;
}

/** Result and duration of some work. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly seconds: number }> {
  const started = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - started) / 1000 };
}
