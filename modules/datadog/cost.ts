import type { LogMetric } from "./logs/metrics.js";

/**
 * Returns the number of custom metrics that Datadog bills for one combination of tags. A count is 1 metric. A distribution is 5 metrics
 * (count, sum, min, max, avg) and 5 more for its percentiles (https://docs.datadoghq.com/account_management/billing/custom_metrics/).
 */
const perCombination = ({ measure }: LogMetric): number => (measure === undefined ? 1 : 10);

/** Returns the maximum number of custom metrics that Datadog bills for a log-based metric: one for each combination of tag values. */
export const customMetricsOf = (metric: LogMetric): number =>
  Object.values(metric.by).reduce((product, { values }) => product * values, perCombination(metric));

/** Returns the maximum number of custom metrics that Datadog bills for all log-based metrics. */
export const customMetrics = (metrics: readonly LogMetric[]): number =>
  metrics.reduce((sum, metric) => sum + customMetricsOf(metric), 0);
