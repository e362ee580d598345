import type { MetricPoint } from "../../../lab/stand-ins/datadog/intake/records.js";

/** Number of events, computed from a rate. */
export interface Counted {
  readonly events: number;
  /** Length of the measured period, from one point to another. */
  readonly seconds: number;
}

/**
 * Adds up a rate from its last point before `from` to its first point after `to` (Unix seconds). Each point covers the time since the
 * previous point. Returns `undefined` if one of the two points is missing.
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
