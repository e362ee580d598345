import type { LogMetric } from "./logs/metrics.js";

/**
 * Custom metrics that Datadog bills for one combination of tags: a count is 1; a distribution is 5 (count, sum, min, max, avg)
 * and 5 more for its percentiles (https://docs.datadoghq.com/account_management/billing/custom_metrics/).
 */
const perCombination = ({ measure }: LogMetric): number => (measure === undefined ? 1 : 10);

/** Upper limit of the custom metrics that a log-based metric is billed as: every combination of its tags' values. */
export const customMetricsOf = (metric: LogMetric): number =>
  Object.values(metric.by).reduce((product, { values }) => product * values, perCombination(metric));

/** Upper limit of the custom metrics that all log-based metrics are billed as. */
export const customMetrics = (metrics: readonly LogMetric[]): number =>
  metrics.reduce((sum, metric) => sum + customMetricsOf(metric), 0);
