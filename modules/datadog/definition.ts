import type { MonitorId } from "../platform/monitor-ids.js";

/** `urgent` wakes a person; `notUrgent` waits until morning; `part` tells nobody and only feeds a composite. */
export type Urgency = "urgent" | "notUrgent" | "part";

/** Limits of a monitor, in the unit of its query. Recovery limits follow from them; see thresholds.ts. */
export interface Thresholds {
  readonly critical: number;
  /** @default - no warning: the signal is either there or not */
  readonly warning?: number;
  /** Whether the value is a count of states and not a level: then the alert ends as soon as the limit is kept, without a recovery limit. @default false */
  readonly exact?: boolean;
}

/** How a value is compared with a threshold. An alert begins when the comparison holds. */
export type Comparison = ">" | ">=" | "<" | "<=";

/** A metric over a window: `avg(last_5m):avg:system.cpu.idle{…} < 10`. */
export interface MetricCondition {
  readonly kind: "metric";
  readonly reduce: "avg" | "max" | "min" | "sum" | "percentile";
  /** How much of the past counts, for example "5m". */
  readonly window: string;
  readonly series: string;
  readonly comparison: Comparison;
}

/** A metric that leaves its usual band. The threshold is the share (0 to 1) of the trigger window that lies outside the band. */
export interface AnomalyCondition {
  readonly kind: "anomaly";
  readonly series: string;
  /** How much of the past is evaluated; longer than `trigger`. */
  readonly window: string;
  /** How long the metric must be strange, and then normal, before the monitor changes. */
  readonly trigger: string;
  /** Width of the band, in deviations (2-4 are usual). */
  readonly deviations: number;
  readonly direction: "above" | "below" | "both";
}

/** A metric that is on its way to a limit. */
export interface ForecastCondition {
  readonly kind: "forecast";
  readonly series: string;
  /** How far to look ahead, for example "3d". */
  readonly horizon: string;
  readonly comparison: Comparison;
}

/** A service check of the agent. Thresholds are how many results in a row say so. */
export interface CheckCondition {
  readonly kind: "check";
  readonly check: string;
  /** Tags the check must carry. */
  readonly over: readonly string[];
  /** One alert for each combination of these tags. */
  readonly by: readonly string[];
}

/** How many log lines match in a window. */
export interface LogCondition {
  readonly kind: "log";
  readonly search: string;
  readonly window: string;
  readonly comparison: Comparison;
  /** One alert for each value of this facet. @default - one alert for all */
  readonly by?: string;
}

/** Name of a service level objective. */
export type ServiceLevelName = "availability" | "latency";

/** The error budget of 30 days is used up too fast, in a long and in a short window at once. The threshold is how many times too fast. */
export interface BurnCondition {
  readonly kind: "burn";
  readonly serviceLevel: ServiceLevelName;
  readonly longWindow: string;
  readonly shortWindow: string;
}

/** Alerts while all of its parts alert, so that one fault sends one page. */
export interface CompositeCondition {
  readonly kind: "composite";
  readonly all: readonly MonitorId[];
}

/** What a monitor looks at. */
export type Condition =
  | MetricCondition
  | AnomalyCondition
  | ForecastCondition
  | CheckCondition
  | LogCondition
  | BurnCondition
  | CompositeCondition;

/** What a person reads when something alerts, whether a monitor or a synthetic test saw it. */
export interface Alert {
  readonly id: MonitorId;
  readonly title: string;
  readonly urgency: Urgency;
  /** 1 (visitors notice now) to 5 (for information). */
  readonly priority: 1 | 2 | 3 | 4 | 5;
  /** What it means for visitors or data, in a sentence or two. */
  readonly meaning: string;
  /** What to look at first, in order. */
  readonly firstLook: readonly string[];
}

/** One line of the catalogue. */
export interface MonitorDefinition extends Alert {
  readonly condition: Condition;
  /** @default - none, only for composites */
  readonly thresholds?: Thresholds;
  /** Alert when the data itself is missing for this long. @default - missing data is another monitor's business */
  readonly noDataMinutes?: number;
  /** Minutes until the alert is repeated. @default 60 if it is urgent, otherwise a week */
  readonly repeatMinutes?: number;
  /** Waits for late data before it judges. @default 60 for what metrics decide, else none */
  readonly evaluationDelaySeconds?: number;
}
