import { serversWithRole, type Config } from "../config/schema.js";
import { metricNames, type MetricNames } from "./logs/names.js";
import type { AnomalyCondition, Comparison, LogCondition, MetricCondition, Window } from "./definition.js";

/** Input of the catalogue. */
export interface MonitoringContext {
  readonly config: Config;
  /** Tag of the environment on all data of the agents: "env:production". */
  readonly env: string;
  /** Metrics made from logs. Their names contain the environment, because names are unique in an account. */
  readonly metrics: MetricNames;
  /** Members of the database group. */
  readonly databaseMembers: number;
}

/** Creates the input of the catalogue from a configuration. */
export const contextOf = (config: Config): MonitoringContext => ({
  config,
  env: `env:${config.environment}`,
  metrics: metricNames(config.environment),
  databaseMembers: serversWithRole(config, "database").length,
});

/** A metric query: `series("avg", "system.load.norm.5", [env], ["server"])` is `avg:system.load.norm.5{env:production} by {server}`. */
export const series = (
  aggregation: "avg" | "max" | "min" | "sum" | "p50" | "p95" | "p99",
  metric: string,
  tags: readonly string[],
  by: readonly string[] = [],
): string => `${aggregation}:${metric}{${tags.join(",")}}${by.length > 0 ? ` by {${by.join(",")}}` : ""}`;

/** A metric query that counts events. Missing data counts as 0. */
export const count = (metric: string, tags: readonly string[], by: readonly string[] = []): string =>
  `default_zero(${series("sum", metric, tags, by)}.as_count())`;

/** A metric over a window, which alerts while the comparison with the threshold holds. */
export const metric = (
  reduce: MetricCondition["reduce"],
  window: Window,
  query: string,
  comparison: Comparison,
): MetricCondition => ({ kind: "metric", reduce, window, series: query, comparison });

/** A metric that leaves its usual band for 15 minutes. */
export const anomaly = (
  query: string,
  deviations: number,
  direction: AnomalyCondition["direction"],
): AnomalyCondition => ({ kind: "anomaly", series: query, window: "4h", trigger: "15m", deviations, direction });

/** More matching log lines in a window than the threshold. @param by facet with an alert for each value @default - one alert */
export const logLines = (search: string, window: Window, by?: string): LogCondition => ({
  kind: "log",
  search,
  window,
  comparison: ">",
  ...(by === undefined ? {} : { by }),
});

/** A health notice that has existed on a server for the whole window. */
export const noticed = (env: string, notice: string, window: Window): MetricCondition =>
  metric("min", window, series("max", "system.disk.directory.files", [env, `name:${notice}`], ["server"]), ">=");
