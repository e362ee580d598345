import type { Comparison, Thresholds } from "./definition.js";

/** All thresholds of a monitor: the configured thresholds and the derived recovery thresholds. */
export interface FullThresholds extends Omit<Thresholds, "exact"> {
  /** Value at which a critical alert ends. @default - the critical threshold */
  readonly criticalRecovery?: number;
  /** Value at which a warning ends. @default - the warning threshold */
  readonly warningRecovery?: number;
}

/**
 * Share of a threshold by which a value must move back before the monitor recovers. This hysteresis prevents alerts
 * that begin and end repeatedly.
 */
const hysteresis = 0.1;

/** Returns true if large values trigger the alert, and false if small values trigger it. */
export const looksUp = (comparison: Comparison): boolean => comparison.startsWith(">");

const round = (value: number): number => Number(value.toPrecision(6));

/**
 * Adds recovery thresholds. A critical alert ends halfway between the critical and the warning threshold. If there is
 * no warning threshold, a critical alert ends 10 % below the critical threshold. A warning ends 10 % below its
 * threshold. If small values trigger the alert, the recovery thresholds are above the thresholds instead.
 */
export function withRecovery({ critical, warning, exact }: Thresholds, comparison: Comparison): FullThresholds {
  if (exact) return { critical, warning };
  const back = (limit: number): number => round(limit * (looksUp(comparison) ? 1 - hysteresis : 1 + hysteresis));
  if (warning === undefined) return { critical, criticalRecovery: back(critical) };
  return { critical, warning, criticalRecovery: round((critical + warning) / 2), warningRecovery: back(warning) };
}
