import type { AlertCondition, Comparison, ServiceLevelName } from "./definition.js";
import type { MonitorId } from "../platform/monitor-ids.js";

/**
 * References to objects whose ids only Datadog knows. Synthesis uses Terraform references as ids, and tests use
 * names.
 */
export interface References {
  readonly monitor: (id: MonitorId) => string;
  readonly serviceLevel: (name: ServiceLevelName) => string;
}

/** Type of a monitor in Datadog. */
export type MonitorType = "query alert" | "service check" | "log alert" | "composite" | "slo alert";

/** Number of service check results that a query evaluates. The number must exceed every threshold. */
export const lastResults = 5;

/** Period over which Datadog measures service levels. */
export const serviceLevelWindow = "30d";

/** Returns the type of the Datadog monitor for a condition. */
export function monitorType(condition: AlertCondition): MonitorType {
  switch (condition.kind) {
    case "metric":
    case "anomaly":
    case "forecast":
      return "query alert";
    case "check":
      return "service check";
    case "log":
      return "log alert";
    case "burn":
      return "slo alert";
    case "composite":
      return "composite";
  }
}

/** Returns the comparison of the measured value with the thresholds. */
export function comparisonOf(condition: AlertCondition): Comparison {
  switch (condition.kind) {
    case "metric":
    case "log":
    case "forecast":
      return condition.comparison;
    case "anomaly":
      return ">=";
    case "burn":
      return ">";
    case "check":
    case "composite":
      return ">=";
  }
}

const quoted = (values: readonly string[]): string => values.map((value) => `"${value}"`).join(",");

/**
 * Returns the query of a condition in Datadog's language. The number in a query is always the critical threshold.
 * Grammar: https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor
 */
export function renderQuery(condition: AlertCondition, critical: number | undefined, references: References): string {
  const limit = String(critical);
  switch (condition.kind) {
    case "metric":
      return `${condition.reduce}(last_${condition.window}):${condition.series} ${condition.comparison} ${limit}`;
    case "anomaly": {
      const { series, deviations, direction, trigger, window } = condition;
      const options = `direction='${direction}', interval=60, alert_window='last_${trigger}', count_default_zero='true', seasonality='daily'`;
      return `avg(last_${window}):anomalies(${series}, 'agile', ${deviations}, ${options}) >= ${limit}`;
    }
    case "forecast": {
      const { series, horizon, comparison } = condition;
      return `max(next_${horizon}):forecast(${series}, 'linear', 1, interval='60m', history='1w', model='default') ${comparison} ${limit}`;
    }
    case "check":
      return `"${condition.check}".over(${quoted(condition.over)}).by(${quoted(condition.by)}).last(${lastResults}).count_by_status()`;
    case "log": {
      const by = condition.by === undefined ? "" : `.by("${condition.by}")`;
      const search = condition.search.replaceAll('"', '\\"');
      return `logs("${search}").index("*").rollup("count")${by}.last("${condition.window}") ${condition.comparison} ${limit}`;
    }
    case "burn": {
      const id = references.serviceLevel(condition.serviceLevel);
      return `burn_rate("${id}").over("${serviceLevelWindow}").long_window("${condition.longWindow}").short_window("${condition.shortWindow}") > ${limit}`;
    }
    case "composite":
      return condition.all.map((id) => references.monitor(id)).join(" && ");
  }
}
