import type { Comparison, Thresholds } from "./definition.js";

/** All limits of a monitor: the given ones and where it calls the fault over. */
export interface FullThresholds extends Omit<Thresholds, "exact"> {
  /** Where a critical alert ends. @default - at the critical limit itself */
  readonly criticalRecovery?: number;
  /** Where a warning ends. @default - at the warning limit itself */
  readonly warningRecovery?: number;
}

/** Share of a limit that a value must move back by before the monitor recovers, so that it does not flap. */
const hysteresis = 0.1;

/** Whether large values alert. */
export const looksUp = (comparison: Comparison): boolean => comparison.startsWith(">");

const round = (value: number): number => Number(value.toPrecision(6));

/**
 * Adds recovery limits. A critical alert ends half way back to the warning limit, or a tenth below its own when there is none;
 * a warning ends a tenth below its limit. ("Below" means above for monitors that alert on small values.)
 */
export function withRecovery({ critical, warning, exact }: Thresholds, comparison: Comparison): FullThresholds {
  if (exact) return { critical, warning };
  const back = (limit: number): number => round(limit * (looksUp(comparison) ? 1 - hysteresis : 1 + hysteresis));
  if (warning === undefined) return { critical, criticalRecovery: back(critical) };
  return { critical, warning, criticalRecovery: round((critical + warning) / 2), warningRecovery: back(warning) };
}
