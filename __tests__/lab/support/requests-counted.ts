import type { MetricPoint } from "../../../lab/stand-ins/datadog/intake/records.js";

/** Number of events in a period, computed from a rate. */
export interface Counted {
  readonly events: number;
  /** Length of the period in seconds. */
  readonly seconds: number;
}

/**
 * Counts events from the points of a rate. Each point covers the time since the previous point. The period begins at the last point before
 * `from` and ends at the first point after `to`, both in Unix seconds. Returns `undefined` if either of these points is missing.
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
