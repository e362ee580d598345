import type { MonitorId } from "../platform/monitor-ids.js";

/**
 * Urgency of a monitor. `urgent` wakes a person, `notUrgent` waits until morning. `part` notifies nobody, because the monitor is only a
 * part of a composite monitor.
 */
export type Urgency = "urgent" | "notUrgent" | "part";

/**
 * Thresholds of a monitor, in the unit of its query. thresholds.ts derives the recovery thresholds from these
 * thresholds.
 */
export interface Thresholds {
  readonly critical: number;
  /** Value at which a warning begins. @default - no warning */
  readonly warning?: number;
  /**
   * True if the value counts states. A monitor that counts states has no recovery threshold, so the alert ends as soon as the comparison is
   * false.
   * @default false
   */
  readonly exact?: boolean;
}

/** Comparison of a value with a threshold. An alert begins when the comparison is true. */
export type Comparison = ">" | ">=" | "<" | "<=";

/** Time window that Datadog can evaluate (https://docs.datadoghq.com/api/latest/monitors/). */
export type Window = `${1 | 5 | 10 | 15 | 30}m` | `${1 | 2 | 4 | 8 | 12}h` | "1d" | "2d" | "1w" | "1mo";

/** Condition on a metric over a time window, for example `avg(last_5m):avg:system.cpu.idle{…} < 10`. */
export interface MetricCondition {
  readonly kind: "metric";
  readonly reduce: "avg" | "max" | "min" | "sum" | "percentile";
  readonly window: Window;
  readonly series: string;
  readonly comparison: Comparison;
}

/**
 * Condition that a metric is outside its usual band. The threshold is the share (0 to 1) of values outside the band
 * within the trigger window.
 */
export interface AnomalyCondition {
  readonly kind: "anomaly";
  readonly series: string;
  /** Time window that Datadog evaluates; it must be longer than `trigger`. */
  readonly window: Window;
  /**
   * Time in which the metric must be unusual before an alert begins. The metric must be normal for the same time before
   * the alert ends.
   */
  readonly trigger: Window;
  /** Width of the usual band in standard deviations. Values from 2 to 4 are common. */
  readonly deviations: number;
  readonly direction: "above" | "below" | "both";
}

/** Condition that Datadog's forecast of a metric reaches a limit. */
export interface ForecastCondition {
  readonly kind: "forecast";
  readonly series: string;
  /** Time into the future for which Datadog predicts the metric, for example "3d". */
  readonly horizon: Window;
  readonly comparison: Comparison;
}

/** Condition on a service check of the agent. A threshold is the number of consecutive results needed to trigger the alert. */
export interface CheckCondition {
  readonly kind: "check";
  readonly check: string;
  /** Tags that the results of the check must have. */
  readonly over: readonly string[];
  /** Tags by which Datadog groups the results. Each combination of tag values has a separate alert. */
  readonly by: readonly string[];
}

/** Condition on the number of matching log lines in a time window. */
export interface LogCondition {
  readonly kind: "log";
  readonly search: string;
  readonly window: Window;
  readonly comparison: Comparison;
  /** Facet by which Datadog groups the lines. Each value has a separate alert. @default - one alert for all lines */
  readonly by?: string;
}

/** Name of a service level objective. */
export type ServiceLevelName = "availability" | "latency";

/**
 * Condition that the error budget of 30 days is consumed too fast in both a long and a short time window. The threshold
 * is a multiple of the consumption rate that would use up the budget in exactly 30 days.
 */
export interface BurnCondition {
  readonly kind: "burn";
  readonly serviceLevel: ServiceLevelName;
  readonly longWindow: string;
  readonly shortWindow: string;
}

/**
 * Condition of a composite monitor. A composite monitor alerts while all monitors in `all` alert, so that one fault
 * causes only one alert.
 */
export interface CompositeCondition {
  readonly kind: "composite";
  readonly all: readonly MonitorId[];
}

/** Condition under which a monitor alerts. */
export type AlertCondition =
  | MetricCondition
  | AnomalyCondition
  | ForecastCondition
  | CheckCondition
  | LogCondition
  | BurnCondition
  | CompositeCondition;

/** Texts and urgency of a monitor or synthetic test. */
export interface Alert {
  readonly id: MonitorId;
  readonly title: string;
  readonly urgency: Urgency;
  /** Priority from 1 (visitors are affected now) to 5 (information only). */
  readonly priority: 1 | 2 | 3 | 4 | 5;
  /** Effect on visitors or data, in one or two sentences. */
  readonly meaning: string;
  /** First checks for the person who receives the alert, in order. */
  readonly firstLook: readonly string[];
}

/** A monitor of the catalogue. */
export interface MonitorDefinition extends Alert {
  readonly condition: AlertCondition;
  /** Thresholds of the monitor. @default - none, because a composite monitor has no thresholds */
  readonly thresholds?: Thresholds;
  /** Minutes of missing data after which the monitor alerts. @default - missing data does not alert */
  readonly noDataMinutes?: number;
  /** Minutes until the alert is repeated. @default - 60 if the monitor is urgent, otherwise a week */
  readonly repeatMinutes?: number;
  /** Seconds that Datadog waits for late data before it evaluates. @default - 60 for metrics, otherwise none */
  readonly evaluationDelaySeconds?: number;
}
