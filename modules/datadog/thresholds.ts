import type { Comparison, Thresholds } from "./definition.js";

/** All thresholds of a monitor: the given thresholds and the recovery thresholds. */
export interface FullThresholds extends Omit<Thresholds, "exact"> {
  /** Value at which a critical alert ends. @default - the critical threshold */
  readonly criticalRecovery?: number;
  /** Value at which a warning ends. @default - the warning threshold */
  readonly warningRecovery?: number;
}

/** Share of a threshold by which a value must move back before the monitor recovers. It prevents flapping. */
const hysteresis = 0.1;

/** Whether large values alert. */
export const looksUp = (comparison: Comparison): boolean => comparison.startsWith(">");

const round = (value: number): number => Number(value.toPrecision(6));

/**
 * Adds recovery thresholds. A critical alert ends halfway to the warning threshold; without a warning it ends a tenth below its threshold.
 * A warning ends a tenth below its threshold. For monitors that alert on small values, "below" means above.
 */
export function withRecovery({ critical, warning, exact }: Thresholds, comparison: Comparison): FullThresholds {
  if (exact) return { critical, warning };
  const back = (limit: number): number => round(limit * (looksUp(comparison) ? 1 - hysteresis : 1 + hysteresis));
  if (warning === undefined) return { critical, criticalRecovery: back(critical) };
  return { critical, warning, criticalRecovery: round((critical + warning) / 2), warningRecovery: back(warning) };
}
