import type { Config } from "../config/schema.js";
import type { ReviewSection } from "./facts.js";
import { areaOf, catalogue, fullCatalogue, isOn } from "../datadog/catalogue/index.js";
import { customMetrics } from "../datadog/cost.js";
import type { Alert, MonitorDefinition } from "../datadog/definition.js";
import { allMonitorIds, areas, monitorIds } from "../platform/monitor-ids.js";
import { logMetrics } from "../datadog/logs/metrics.js";
import { receiversOf } from "../datadog/message.js";
import { comparisonOf } from "../datadog/query.js";
import { contextOf, type MonitoringContext } from "../datadog/scope.js";
import { runsPerMonth, synthetics } from "../datadog/synthetics.js";

type Row = readonly [label: string, text: string];

/** Facts that monitoring does not detect although a reader may expect it, each with the reason. */
const notWatched: readonly Row[] = [
  ["listening ports", "the agent lists ports only with Datadog's paid security products"],
  ["Cloudflare's events", "WAF and rate limit events are only in its dashboard, because the free plan exports no logs"],
];

/** Returns the thresholds of a monitor in short form: "cpu-busy < 5 (warning 15)". */
function limits({ condition, id, thresholds }: MonitorDefinition): string {
  if (condition.kind === "composite") return `${id} (${condition.all.join(" and ")})`;
  if (!thresholds) return id;
  if (condition.kind === "check") return `${id} (${thresholds.critical} in a row)`;
  const warning = thresholds.warning === undefined ? "" : ` (warning ${thresholds.warning})`;
  return `${id} ${comparisonOf(condition)} ${thresholds.critical}${warning}`;
}

/** Returns the monitors and synthetic tests with their thresholds as text. */
const alerts = (context: MonitoringContext): readonly (Alert & { readonly limits: string })[] => [
  ...catalogue(context).map((definition) => ({ ...definition, limits: limits(definition) })),
  ...synthetics(context).map((test) => ({ ...test, limits: `${test.id} (every ${test.intervalSeconds} s)` })),
];

/** Returns one row for each area and each kind of receiver. */
function monitorRows(context: MonitoringContext): readonly (readonly string[])[] {
  const { receivers } = context.config.monitoring;
  return areas.flatMap((area) =>
    (["urgent", "notUrgent", "part"] as const).flatMap((urgency) => {
      const here = alerts(context).filter((alert) => areaOf(alert.id) === area && alert.urgency === urgency);
      const to = urgency === "part" ? "none: parts of composites" : receiversOf(urgency, receivers).join(" ") || "none";
      return here.length === 0 ? [] : [[area, to, here.map((alert) => alert.limits).join("; ")]];
    }),
  );
}

function changeRows({ config }: MonitoringContext): readonly Row[] {
  return allMonitorIds.flatMap((id): readonly Row[] => {
    const change = config.monitoring.monitors[id];
    return change ? [[id, `${change.enabled ? "adjusted" : "off"}: ${change.reason}`]] : [];
  });
}

/** Returns rows for the composite monitors that are omitted because a monitor on which they depend is disabled. */
function lostRows(context: MonitoringContext): readonly Row[] {
  const present = new Set(catalogue(context).map(({ id }) => id));
  return fullCatalogue(context)
    .filter(({ id }) => isOn(context, id) && !present.has(id))
    .map(({ id }) => [id, "off: one of its parts is off"]);
}

const downtimeRows = ({ config }: MonitoringContext): readonly Row[] =>
  Object.entries(config.monitoring.downtimes).map(([name, { start, end, server, reason }]) => [
    `downtime ${name}`,
    `${server ?? "all"} from ${start} to ${end}: ${reason}`,
  ]);

function costRows(context: MonitoringContext): readonly Row[] {
  const { locations } = context.config.monitoring.synthetics;
  const runs = Math.round(runsPerMonth(synthetics(context), locations.length));
  return [
    ["custom metrics", `at most ${customMetrics(logMetrics(context))}, all made from logs`],
    ["synthetic tests", `${runs} runs a month from ${locations.length} locations`],
  ];
}

/**
 * Returns the sections of the review about monitoring: monitors by area with thresholds and receivers, then costs, adjustments and gaps.
 */
export function monitoringReview(config: Config): readonly ReviewSection[] {
  const context = contextOf(config);
  if (!config.monitoring.enabled)
    return [
      {
        title: "Monitoring is off: nothing in this list is monitored",
        columns: ["area", "not monitored"],
        rows: areas.map((area) => [area, monitorIds[area].join(", ")]),
      },
    ];
  return [
    { title: "Monitors", columns: ["area", "alerts to", "critical limits"], rows: monitorRows(context) },
    {
      title: "Monitoring: costs, adjustments and gaps",
      columns: ["", ""],
      rows: [
        ...costRows(context),
        ...changeRows(context),
        ...lostRows(context),
        ...downtimeRows(context),
        ...notWatched.map(([what, why]): Row => [what, `not monitored: ${why}`]),
      ],
    },
  ];
}
