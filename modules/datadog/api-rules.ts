import type { Comparison } from "./definition.js";
import { looksUp } from "./thresholds.js";
import type { RenderedMonitor } from "./monitor.js";

/**
 * A rule of Datadog's API, which returns the reasons for a rejection of a monitor. The rules come from the Terraform
 * provider's schema and the API reference (https://docs.datadoghq.com/api/latest/monitors/). The API itself checks
 * monitors only during a plan.
 */
type Rule = (monitor: RenderedMonitor) => readonly string[];

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

const hasLimitInQuery = ({ type }: RenderedMonitor): boolean =>
  type === "query alert" || type === "log alert" || type === "slo alert";

const comparisonIn = (query: string): { comparison: string; limit: number } | undefined => {
  const match = /\s(>=|<=|>|<)\s(-?[\d.]+)$/.exec(query);
  return match?.[1] && match[2] ? { comparison: match[1], limit: Number(match[2]) } : undefined;
};

const limitIsInQuery: Rule = (monitor) => {
  if (!hasLimitInQuery(monitor)) return [];
  const found = comparisonIn(monitor.query);
  if (!found) return [`query must end with a comparison and a number, got ${monitor.query}`];
  const critical = numberOf(monitor.monitorThresholds?.critical);
  return critical === found.limit
    ? []
    : [`critical threshold must equal the query's ${found.limit}, got ${String(critical)}`];
};

/**
 * Checks that thresholds are ordered from healthy to unhealthy. Recovery thresholds are derived from the given thresholds, so they are
 * checked only if the given thresholds are in order.
 */
const limitsAreInOrder: Rule = ({ query, type, monitorThresholds: limits }) => {
  if (!limits || type === "service check") return [];
  const { critical, warning, criticalRecovery, warningRecovery } = limits;
  const sign = looksUp((comparisonIn(query)?.comparison ?? ">") as Comparison) ? 1 : -1;
  const misplaced = (name: string, healthier: string | undefined, than: string, worse: string | undefined): string[] =>
    healthier === undefined || worse === undefined || (Number(worse) - Number(healthier)) * sign > 0
      ? []
      : [`${name} (${healthier}) must lie on the healthy side of ${than} (${worse})`];
  const given = misplaced("warning", warning, "critical", critical);
  if (given.length > 0) return given;
  return [
    ...misplaced("critical recovery", criticalRecovery, "critical", critical),
    ...misplaced("warning", warning, "critical recovery", criticalRecovery),
    ...misplaced("warning recovery", warningRecovery, "warning", warning),
  ];
};

const minutes = (window: string): number => {
  const unit = { m: 1, h: 60, d: 1440, w: 10_080 }[window.at(-1) ?? "m"] ?? 43_200;
  return Number.parseInt(window, 10) * unit;
};

/**
 * Checks that the time without data is long enough, because a short time causes false alerts. Datadog recommends at
 * least twice the evaluation window for metrics and 2 minutes for checks.
 */
const noDataIsLongEnough: Rule = ({ query, type, notifyNoData, noDataTimeframe }) => {
  if (notifyNoData !== true) return [];
  const window = /^\w+\(last_(\w+)\)/.exec(query)?.[1];
  const least = type === "service check" ? 2 : 2 * minutes(window ?? "5m");
  return noDataTimeframe !== undefined && noDataTimeframe >= least
    ? []
    : [`no_data_timeframe must be ${least} minutes or more, got ${String(noDataTimeframe)}`];
};

/**
 * Checks that texts have no leading or trailing spaces and that the name is not empty. The API removes such spaces and
 * rejects an empty name.
 */
const textIsTrimmed: Rule = ({ name, message, query }) =>
  Object.entries({ name, message, query }).flatMap(([field, text]) =>
    text.trim() === text && text !== "" ? [] : [`${field} must not be empty or padded`],
  );

const rules: readonly Rule[] = [limitIsInQuery, limitsAreInOrder, noDataIsLongEnough, textIsTrimmed];

/** Returns all reasons why Datadog would reject a monitor. */
export const monitorProblems = (monitor: RenderedMonitor): readonly string[] => rules.flatMap((rule) => rule(monitor));
