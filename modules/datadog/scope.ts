import { serversWithRole, type Config } from "../config/schema.js";
import { metricNames, type MetricNames } from "./logs/names.js";
import type { AnomalyCondition, Comparison, LogCondition, MetricCondition, Window } from "./definition.js";

/** Input of the functions that create monitors and dashboards. */
export interface MonitoringContext {
  readonly config: Config;
  /** Tag of the environment, for example "env:production". The agents add this tag to all data. */
  readonly env: string;
  /** Names of log-based metrics. The names contain the environment, because metric names are unique in a Datadog account. */
  readonly metrics: MetricNames;
  /** Number of configured members of the database group. */
  readonly databaseMembers: number;
}

/** Creates the {@link MonitoringContext} of a configuration. */
export const contextOf = (config: Config): MonitoringContext => ({
  config,
  env: `env:${config.environment}`,
  metrics: metricNames(config.environment),
  databaseMembers: serversWithRole(config, "database").length,
});

/**
 * Returns a metric query: `series("avg", "system.load.norm.5", [env], ["server"])` is `avg:system.load.norm.5{env:production} by {server}`.
 */
export const series = (
  aggregation: "avg" | "max" | "min" | "sum" | "p50" | "p95" | "p99",
  metric: string,
  tags: readonly string[],
  by: readonly string[] = [],
): string => `${aggregation}:${metric}{${tags.join(",")}}${by.length > 0 ? ` by {${by.join(",")}}` : ""}`;

/** Returns a metric query that counts events. Missing data counts as 0. */
export const count = (metric: string, tags: readonly string[], by: readonly string[] = []): string =>
  `default_zero(${series("sum", metric, tags, by)}.as_count())`;

/** Returns the condition that compares a metric over a time window with the thresholds of the monitor. */
export const metric = (
  reduce: MetricCondition["reduce"],
  window: Window,
  query: string,
  comparison: Comparison,
): MetricCondition => ({ kind: "metric", reduce, window, series: query, comparison });

/** Returns the condition that a metric has been outside its usual band for 15 minutes. */
export const anomaly = (
  query: string,
  deviations: number,
  direction: AnomalyCondition["direction"],
): AnomalyCondition => ({ kind: "anomaly", series: query, window: "4h", trigger: "15m", deviations, direction });

/**
 * Returns the condition that more log lines than the threshold match a search within a time window. @param by facet
 * whose values have separate alerts @default - one alert for all lines
 */
export const logLines = (search: string, window: Window, by?: string): LogCondition => ({
  kind: "log",
  search,
  window,
  comparison: ">",
  ...(by === undefined ? {} : { by }),
});

/** Returns the condition that a health notice has existed on a server during the whole time window. */
export const noticed = (env: string, notice: string, window: Window): MetricCondition =>
  metric("min", window, series("max", "system.disk.directory.files", [env, `name:${notice}`], ["server"]), ">=");
