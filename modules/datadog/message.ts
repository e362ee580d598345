import type { Config } from "../config/schema.js";
import type { Alert, Urgency } from "./definition.js";

type Receivers = Config["monitoring"]["receivers"];

/** Changes of a monitor's state, as Datadog's message conditions name them, and who hears of them. Warnings never wake anybody. */
const moments = {
  is_alert: "urgent",
  is_alert_recovery: "urgent",
  is_no_data: "urgent",
  is_no_data_recovery: "urgent",
  is_warning: "notUrgent",
  is_warning_recovery: "notUrgent",
} as const;

/** Receivers of a critical alert. Where nobody is named as urgent, those for the morning get it. */
export function receiversOf(urgency: Urgency, { urgent, notUrgent }: Receivers): readonly string[] {
  if (urgency === "part") return [];
  return urgency === "urgent" && urgent.length > 0 ? urgent : notUrgent;
}

/** Routing: one line for each moment that somebody hears of. */
function routing(urgency: Urgency, receivers: Receivers): readonly string[] {
  if (urgency === "part") return [];
  return Object.entries(moments).flatMap(([moment, moments]) => {
    const handles = receiversOf(urgency === "urgent" ? moments : "notUrgent", receivers);
    return handles.length > 0 ? [`{{#${moment}}}${handles.join(" ")}{{/${moment}}}`] : [];
  });
}

/** Link to an alert's section of the runbook, or words that lead there when the configuration names no address. */
const runbookOf = (config: Config, { id }: Pick<Alert, "id">): string =>
  config.monitoring.runbookUrl === undefined ? `docs/runbook.md#${id}` : `${config.monitoring.runbookUrl}#${id}`;

/** What a person reads: meaning, what to look at first, the runbook, and whom it is sent to. */
export const message = (alert: Alert, config: Config): string =>
  [
    alert.meaning,
    "",
    "Look first at:",
    ...alert.firstLook.map((step, index) => `${index + 1}. ${step}`),
    "",
    `Runbook: ${runbookOf(config, alert)}`,
    ...routing(alert.urgency, config.monitoring.receivers),
  ].join("\n");

/** Tags of everything that can alert. Downtimes choose by them. */
export const alertTags = (alert: Alert, area: string, config: Config): string[] => [
  `area:${area}`,
  `env:${config.environment}`,
  `monitor:${alert.id}`,
];
