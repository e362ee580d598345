import type { MetricPoint } from "../../../lab/stand-ins/datadog/intake/records.js";

/** What a rate adds up to. */
export interface Counted {
  readonly events: number;
  /** Length of the time that was looked at, from a point to a point. */
  readonly seconds: number;
}

/**
 * Adds up a rate between its last point before `from` and its first point after `to` (Unix seconds): each point stands for the time since
 * the one before it. `undefined` while there are no such points.
 */
export function counted(points: readonly MetricPoint[], from: number, to: number): Counted | undefined {
  const sorted = [...points].sort((a, b) => a.time - b.time);
  const first = sorted.findLastIndex(({ time }) => time < from);
  const last = sorted.findIndex(({ time }) => time > to);
  if (first < 0 || last < 0) return undefined;
  let events = 0;
  for (let at = first + 1; at <= last; at++)
    events += (sorted[at]?.value ?? 0) * ((sorted[at]?.time ?? 0) - (sorted[at - 1]?.time ?? 0));
  return { events, seconds: (sorted[last]?.time ?? 0) - (sorted[first]?.time ?? 0) };
}
