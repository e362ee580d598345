import { serversWithRole, type Config } from "../config/schema.js";
import { metricNames, type MetricNames } from "./logs/names.js";
import type { MetricCondition } from "./definition.js";

/** What the catalogue may depend on. */
export interface MonitoringContext {
  readonly config: Config;
  /** Tag of the environment, on everything the agents send: "env:production". */
  readonly env: string;
  /** Metrics made from logs. Their names carry the environment, because an account has each name once. */
  readonly metrics: MetricNames;
  /** Members of the database group. */
  readonly databaseMembers: number;
}

/** What the catalogue needs of a configuration. */
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

/** A metric query that counts events: missing data is 0. */
export const count = (metric: string, tags: readonly string[], by: readonly string[] = []): string =>
  `default_zero(${series("sum", metric, tags, by)}.as_count())`;

/** A notice of the server about itself that has been there for the whole window. */
export const noticed = (env: string, notice: string, window: string): MetricCondition => ({
  kind: "metric",
  reduce: "min",
  window,
  series: series("max", "system.disk.directory.files", [env, `name:${notice}`], ["server"]),
  comparison: ">=",
});
