import type { MonitorId } from "../platform/monitor-ids.js";

/** `urgent` wakes a person, `notUrgent` waits until morning, and `part` notifies nobody because it only feeds a composite. */
export type Urgency = "urgent" | "notUrgent" | "part";

/** Thresholds of a monitor, in the unit of its query. Recovery thresholds are derived from them in thresholds.ts. */
export interface Thresholds {
  readonly critical: number;
  /** @default - no warning */
  readonly warning?: number;
  /** Whether the value counts states. If so, the monitor has no recovery threshold, and the alert ends as soon as the comparison is false. @default false */
  readonly exact?: boolean;
}

/** How a value is compared with a threshold. An alert begins when the comparison holds. */
export type Comparison = ">" | ">=" | "<" | "<=";

/** Time that Datadog can evaluate (https://docs.datadoghq.com/api/latest/monitors/). */
export type Window = `${1 | 5 | 10 | 15 | 30}m` | `${1 | 2 | 4 | 8 | 12}h` | "1d" | "2d" | "1w" | "1mo";

/** A metric over a window: `avg(last_5m):avg:system.cpu.idle{…} < 10`. */
export interface MetricCondition {
  readonly kind: "metric";
  readonly reduce: "avg" | "max" | "min" | "sum" | "percentile";
  readonly window: Window;
  readonly series: string;
  readonly comparison: Comparison;
}

/** A metric that leaves its usual band. The threshold is the share (0 to 1) of values outside the band during the trigger window. */
export interface AnomalyCondition {
  readonly kind: "anomaly";
  readonly series: string;
  /** Evaluated time; longer than `trigger`. */
  readonly window: Window;
  /** Time during which the metric must be unusual before an alert begins, and normal before the alert ends. */
  readonly trigger: Window;
  /** Width of the band, in deviations (2-4 are usual). */
  readonly deviations: number;
  readonly direction: "above" | "below" | "both";
}

/** A metric that is predicted to reach a limit. */
export interface ForecastCondition {
  readonly kind: "forecast";
  readonly series: string;
  /** Time of the prediction, for example "1d". */
  readonly horizon: Window;
  readonly comparison: Comparison;
}

/** A service check of the agent. A threshold is the number of consecutive results needed to trigger the alert. */
export interface CheckCondition {
  readonly kind: "check";
  readonly check: string;
  /** Tags that the check must have. */
  readonly over: readonly string[];
  /** One alert for each combination of these tags. */
  readonly by: readonly string[];
}

/** The number of matching log lines in a window. */
export interface LogCondition {
  readonly kind: "log";
  readonly search: string;
  readonly window: Window;
  readonly comparison: Comparison;
  /** One alert for each value of this facet. @default - one alert for all */
  readonly by?: string;
}

/** Name of a service level objective. */
export type ServiceLevelName = "availability" | "latency";

/** The error budget of 30 days is used up too fast in both a long and a short window. The threshold is a multiple of the allowed rate. */
export interface BurnCondition {
  readonly kind: "burn";
  readonly serviceLevel: ServiceLevelName;
  readonly longWindow: string;
  readonly shortWindow: string;
}

/** Alerts while all its parts alert, so that one fault causes one alert. */
export interface CompositeCondition {
  readonly kind: "composite";
  readonly all: readonly MonitorId[];
}

/** Condition of a monitor. */
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
  /** 1 (visitors notice now) to 5 (for information). */
  readonly priority: 1 | 2 | 3 | 4 | 5;
  /** Effect on visitors or data, in one or two sentences. */
  readonly meaning: string;
  /** First checks, in order. */
  readonly firstLook: readonly string[];
}

/** One entry of the catalogue. */
export interface MonitorDefinition extends Alert {
  readonly condition: AlertCondition;
  /** @default - none: a composite */
  readonly thresholds?: Thresholds;
  /** Minutes of missing data after which the monitor alerts. @default - missing data does not alert */
  readonly noDataMinutes?: number;
  /** Minutes until the alert is repeated. @default 60 if it is urgent, otherwise a week */
  readonly repeatMinutes?: number;
  /** Seconds that the evaluation waits for late data. @default 60 for metrics, otherwise none */
  readonly evaluationDelaySeconds?: number;
}
