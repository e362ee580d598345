import type { MonitorConfig } from "@cdktf/provider-datadog/lib/monitor/index.js";
import { literal } from "../terraform/literal.js";
import { areaOf } from "./catalogue/index.js";
import type { AlertCondition, MonitorDefinition } from "./definition.js";
import { alertTags, message } from "./message.js";
import { comparisonOf, monitorType, renderQuery, type References } from "./query.js";
import type { MonitoringContext } from "./scope.js";
import { withRecovery } from "./thresholds.js";

/** A monitor in the format of the Terraform provider, with plain values. */
export type RenderedMonitor = Pick<
  MonitorConfig,
  | "name"
  | "message"
  | "tags"
  | "priority"
  | "includeTags"
  | "requireFullWindow"
  | "monitorThresholds"
  | "monitorThresholdWindows"
  | "notifyNoData"
  | "noDataTimeframe"
  | "renotifyInterval"
  | "renotifyStatuses"
  | "renotifyOccurrences"
  | "evaluationDelay"
  | "newGroupDelay"
> & { readonly type: string; readonly query: string };

/** Number of consecutive good results that end the alert of a service check. */
const okResults = 2;

/** Minutes until Datadog repeats an unresolved alert, for each urgency. */
const repeatMinutes = { urgent: 60, notUrgent: 7 * 24 * 60 } as const;

/**
 * Minimum repeat interval in minutes with which Datadog also repeats warnings. Monitors with a shorter interval do not
 * repeat warnings, because a warning may last for weeks.
 */
const repeatWarningsFromMinutes = 24 * 60;

/**
 * Minutes for which Datadog repeats an alert: two years. The number is explicit, because Datadog's documentation is
 * contradictory. One page says that repetition ends after 30 hours, and another page says that it has no limit.
 */
const repeatedMinutes = 2 * 365 * 24 * 60;

/**
 * Returns the fields for repeated alerts. A monitor that is only part of a composite monitor does not repeat alerts.
 */
function repetition(
  definition: MonitorDefinition,
): Pick<RenderedMonitor, "renotifyInterval" | "renotifyOccurrences" | "renotifyStatuses"> {
  const { urgency, noDataMinutes } = definition;
  if (urgency === "part") return {};
  const { repeatMinutes: interval = repeatMinutes[urgency] } = definition;
  return {
    renotifyInterval: interval,
    renotifyOccurrences: Math.floor(repeatedMinutes / interval),
    renotifyStatuses: [
      "alert",
      ...(interval >= repeatWarningsFromMinutes && definition.thresholds?.warning !== undefined ? ["warn"] : []),
      ...(noDataMinutes === undefined ? [] : ["no data"]),
    ],
  };
}

/**
 * Seconds after which Datadog evaluates metrics of a new server, so that services can start first. Logs are evaluated
 * at once. Datadog treats a server without a matching line for a day as new, so a delay would move the line outside the
 * evaluation window.
 */
const newGroupSeconds = 300;

const isGrouped = (condition: AlertCondition): boolean =>
  "series" in condition ? condition.series.includes(" by {") : "by" in condition && condition.by !== undefined;

function thresholds({ condition, thresholds: limits }: MonitorDefinition): RenderedMonitor["monitorThresholds"] {
  if (!limits) return undefined;
  if (condition.kind === "check") return { ok: String(okResults), critical: String(limits.critical) };
  if (condition.kind === "burn") return { critical: String(limits.critical) };
  const full = withRecovery(limits, comparisonOf(condition));
  const given = Object.entries(full).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

const decidesOnMetrics = ({ kind }: AlertCondition): boolean => ["metric", "anomaly", "forecast"].includes(kind);

/** Converts a monitor of the catalogue to the format of the Terraform provider. */
export function renderMonitor(
  definition: MonitorDefinition,
  context: MonitoringContext,
  references: References,
): RenderedMonitor {
  const { condition, id, priority, title, noDataMinutes } = definition;
  const { config } = context;
  const { trigger } = condition.kind === "anomaly" ? condition : { trigger: undefined };
  return {
    name: `[${config.environment}] ${title}`,
    type: monitorType(condition),
    query: renderQuery(condition, definition.thresholds?.critical, references),
    message: literal(message(definition, config)),
    tags: alertTags(definition, areaOf(id), config),
    priority: String(priority),
    includeTags: true,
    requireFullWindow: false,
    monitorThresholds: thresholds(definition),
    monitorThresholdWindows:
      trigger === undefined ? undefined : { triggerWindow: `last_${trigger}`, recoveryWindow: `last_${trigger}` },
    ...(noDataMinutes === undefined ? { notifyNoData: false } : { notifyNoData: true, noDataTimeframe: noDataMinutes }),
    ...repetition(definition),
    evaluationDelay: decidesOnMetrics(condition) ? (definition.evaluationDelaySeconds ?? 60) : undefined,
    newGroupDelay: isGrouped(condition) && decidesOnMetrics(condition) ? newGroupSeconds : undefined,
  };
}
