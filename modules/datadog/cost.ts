import type { LogMetric } from "./logs/metrics.js";

/**
 * Custom metrics that Datadog bills for one combination of tags: a count is 1; a distribution is 5 (count, sum, min, max, avg)
 * and 5 more for its percentiles (https://docs.datadoghq.com/account_management/billing/custom_metrics/).
 */
const perCombination = ({ measure }: LogMetric): number => (measure === undefined ? 1 : 10);

/** Maximum number of custom metrics that are billed for a log-based metric: one per combination of its tags' values. */
export const customMetricsOf = (metric: LogMetric): number =>
  Object.values(metric.by).reduce((product, { values }) => product * values, perCombination(metric));

/** Maximum number of custom metrics that are billed for all log-based metrics. */
export const customMetrics = (metrics: readonly LogMetric[]): number =>
  metrics.reduce((sum, metric) => sum + customMetricsOf(metric), 0);
