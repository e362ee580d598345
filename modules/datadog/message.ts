import type { Config } from "../config/schema.js";
import type { Alert, Urgency } from "./definition.js";

type Receivers = Config["monitoring"]["receivers"];

/**
 * State changes of a monitor, by Datadog's message conditions, with the receivers that are notified. Warnings are never
 * urgent.
 */
const moments = {
  is_alert: "urgent",
  is_alert_recovery: "urgent",
  is_no_data: "urgent",
  is_no_data_recovery: "urgent",
  is_warning: "notUrgent",
  is_warning_recovery: "notUrgent",
} as const;

/** Returns the receivers of a critical alert. If no urgent receivers are configured, the non-urgent receivers get urgent alerts. */
export function receiversOf(urgency: Urgency, { urgent, notUrgent }: Receivers): readonly string[] {
  if (urgency === "part") return [];
  return urgency === "urgent" && urgent.length > 0 ? urgent : notUrgent;
}

/** Returns the lines of a message that notify receivers: one line for each state change with receivers. */
function routing(urgency: Urgency, receivers: Receivers): readonly string[] {
  if (urgency === "part") return [];
  return Object.entries(moments).flatMap(([moment, moments]) => {
    const handles = receiversOf(urgency === "urgent" ? moments : "notUrgent", receivers);
    return handles.length > 0 ? [`{{#${moment}}}${handles.join(" ")}{{/${moment}}}`] : [];
  });
}

/**
 * Returns the link to the runbook section of an alert. If no URL is configured, returns the path of the section in the
 * repository.
 */
const runbookOf = (config: Config, { id }: Pick<Alert, "id">): string =>
  config.monitoring.runbookUrl === undefined ? `docs/runbook.md#${id}` : `${config.monitoring.runbookUrl}#${id}`;

/** Returns the text of an alert: its meaning, first checks, the link to the runbook, and the receivers. */
export const message = (alert: Alert, config: Config): string =>
  [
    alert.meaning,
    "",
    "First checks:",
    ...alert.firstLook.map((step, index) => `${index + 1}. ${step}`),
    "",
    `Runbook: ${runbookOf(config, alert)}`,
    ...routing(alert.urgency, config.monitoring.receivers),
  ].join("\n");

/** Returns the tags of a monitor or synthetic test. Downtimes select alerts by these tags. */
export const alertTags = (alert: Alert, area: string, config: Config): string[] => [
  `area:${area}`,
  `env:${config.environment}`,
  `monitor:${alert.id}`,
];
