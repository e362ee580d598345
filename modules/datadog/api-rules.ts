import type { Comparison } from "./definition.js";
import { looksUp } from "./thresholds.js";
import type { RenderedMonitor } from "./monitor.js";

/**
 * A rule by which Datadog's API rejects monitors, taken from the provider's schema and the API reference
 * (https://docs.datadoghq.com/api/latest/monitors/). The API itself checks monitors only during a plan.
 */
type Rule = (monitor: RenderedMonitor) => readonly string[];

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

/** Windows that Datadog can evaluate. */
const windows = /^(1m|5m|10m|15m|30m|1h|2h|4h|8h|12h|1d|2d|1w|1mo)$/;

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

/** Thresholds must be ordered from healthy to unhealthy. Recovery thresholds are derived, so they are checked only if the given thresholds are in order. */
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

const windowExists: Rule = ({ query }) =>
  [...query.matchAll(/(?:last|next)_(\w+)|\.last\("(\w+)"\)/g)].flatMap(([, metric, log]) => {
    const window = metric ?? log ?? "";
    return windows.test(window) ? [] : [`window must be one that Datadog evaluates (5m, 1h, 1d, …), got ${window}`];
  });

const minutes = (window: string): number => {
  const unit = { m: 1, h: 60, d: 1440, w: 10_080 }[window.at(-1) ?? "m"] ?? 43_200;
  return Number.parseInt(window, 10) * unit;
};

const anomalyHasWindows: Rule = ({ query, monitorThresholdWindows: given }) => {
  if (!query.includes("anomalies(")) return [];
  if (!given?.triggerWindow || !given.recoveryWindow) return ["anomalies() needs a trigger and a recovery window"];
  const inQuery = /alert_window='(\w+)'/.exec(query)?.[1];
  const evaluated = /^\w+\(last_(\w+)\)/.exec(query)?.[1] ?? "";
  return [
    ...(inQuery === given.triggerWindow
      ? []
      : [`trigger window must equal the query's alert_window (${String(inQuery)}), got ${given.triggerWindow}`]),
    ...(minutes(given.triggerWindow.replace("last_", "")) < minutes(evaluated)
      ? []
      : [`trigger window must be shorter than the evaluated ${evaluated}, got ${given.triggerWindow}`]),
  ];
};

const lastCoversThresholds: Rule = ({ query, type, monitorThresholds: limits }) => {
  if (type !== "service check") return [];
  const last = Number(/\.last\((\d+)\)/.exec(query)?.[1]);
  return Object.entries(limits ?? {}).flatMap(([name, text]) =>
    Number(text) >= 1 && Number(text) < last
      ? []
      : [
          `${name} threshold must be 1 to ${last - 1}, because the query evaluates the last ${last} results, got ${String(text)}`,
        ],
  );
};

const missingDataIsSaidOnce: Rule = ({ type, notifyNoData, noDataTimeframe, onMissingData }) => [
  ...(onMissingData !== undefined && (notifyNoData !== undefined || noDataTimeframe !== undefined)
    ? ["on_missing_data excludes notify_no_data and no_data_timeframe"]
    : []),
  ...(onMissingData !== undefined && ["service check", "composite", "slo alert"].includes(type)
    ? [`on_missing_data does not exist for a ${type}`]
    : []),
];

/** Datadog recommends at least twice the window for metrics and 2 minutes for checks; shorter times cause false alerts. */
const noDataIsLongEnough: Rule = ({ query, type, notifyNoData, noDataTimeframe }) => {
  if (notifyNoData !== true) return [];
  const window = /^\w+\(last_(\w+)\)/.exec(query)?.[1];
  const least = type === "service check" ? 2 : 2 * minutes(window ?? "5m");
  return noDataTimeframe !== undefined && noDataTimeframe >= least
    ? []
    : [`no_data_timeframe must be ${least} minutes or more, got ${String(noDataTimeframe)}`];
};

const repeatingNeedsInterval: Rule = ({ renotifyInterval, renotifyOccurrences, renotifyStatuses }) =>
  renotifyInterval === undefined && (renotifyOccurrences !== undefined || renotifyStatuses !== undefined)
    ? ["renotify_statuses and renotify_occurrences need renotify_interval"]
    : [];

const priorityExists: Rule = ({ priority }) =>
  priority !== undefined && /^[1-5]$/.test(priority) ? [] : [`priority must be 1 to 5, got ${String(priority)}`];

/** The API trims padding, and it rejects an empty name. */
const textIsTrimmed: Rule = ({ name, message, query }) =>
  Object.entries({ name, message, query }).flatMap(([field, text]) =>
    text.trim() === text && text !== "" ? [] : [`${field} must not be empty or padded`],
  );

const rules: readonly Rule[] = [
  limitIsInQuery,
  limitsAreInOrder,
  windowExists,
  anomalyHasWindows,
  lastCoversThresholds,
  missingDataIsSaidOnce,
  noDataIsLongEnough,
  repeatingNeedsInterval,
  priorityExists,
  textIsTrimmed,
];

/** Reasons why Datadog would reject a monitor. */
export const monitorProblems = (monitor: RenderedMonitor): readonly string[] => rules.flatMap((rule) => rule(monitor));
