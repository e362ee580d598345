import type { Config } from "../config/schema.js";
import { areaOf, catalogue, fullCatalogue, isOn } from "./catalogue/index.js";
import { customMetrics } from "./cost.js";
import type { Alert, MonitorDefinition } from "./definition.js";
import { allMonitorIds } from "./ids.js";
import { logMetrics } from "./logs/metrics.js";
import { receiversOf } from "./message.js";
import { comparisonOf } from "./query.js";
import { contextOf, type MonitoringContext } from "./scope.js";
import { runsPerMonth, synthetics, type SyntheticTest } from "./synthetics.js";

/** What a reviewer sees of monitoring. */
export interface MonitoringReview {
  readonly title: string;
  /** One row for each thing that can alert: area, name, critical, warning, receivers. */
  readonly rows: readonly (readonly [
    area: string,
    monitor: string,
    critical: string,
    warning: string,
    receivers: string,
  ])[];
  /** Costs, changes with their reasons, and what is unwatched. */
  readonly lines: readonly string[];
}

/** What the agent cannot tell and nothing here watches; said once, where a reviewer looks. */
const neverWatched = [
  "unexpected listening ports (the agent lists none without Datadog's paid security products)",
  "Cloudflare's own WAF and rate-limit events (they stay in its dashboard; the free plan exports no logs)",
];

function limits(definition: MonitorDefinition): readonly [critical: string, warning: string] {
  const { condition, thresholds } = definition;
  if (condition.kind === "composite") return [condition.all.join(" and "), "-"];
  if (!thresholds) return ["-", "-"];
  if (condition.kind === "check") return [`${thresholds.critical} in a row`, "-"];
  const sign = comparisonOf(condition);
  return [`${sign} ${thresholds.critical}`, thresholds.warning === undefined ? "-" : `${sign} ${thresholds.warning}`];
}

function row(alert: Alert, limit: readonly [string, string], { receivers }: Config["monitoring"]) {
  const who = alert.urgency === "part" ? "(part of a composite)" : receiversOf(alert.urgency, receivers).join(" ");
  return [areaOf(alert.id), alert.id, ...limit, who || "nobody"] as const;
}

const everySeconds = ({ intervalSeconds }: SyntheticTest): readonly [string, string] => [
  `every ${intervalSeconds} s`,
  "-",
];

function changes({ config }: MonitoringContext): readonly string[] {
  return allMonitorIds.flatMap((id) => {
    const change = config.monitoring.monitors[id];
    return change ? [`${change.enabled ? "adjusted" : "off"}: ${id} (${change.reason})`] : [];
  });
}

/** Composites that are left out because a part of them is off. */
function lostComposites(context: MonitoringContext): readonly string[] {
  const present = new Set(catalogue(context).map(({ id }) => id));
  return fullCatalogue(context)
    .filter(({ id }) => isOn(context, id) && !present.has(id))
    .map(({ id }) => `off: ${id} (a part of it is off)`);
}

/** Monitors by area with their limits and receivers, what they cost, and what is not watched. */
export function monitoringReview(config: Config): MonitoringReview {
  const context = contextOf(config);
  const title = "Monitoring";
  if (!config.monitoring.enabled)
    return {
      title,
      rows: [],
      lines: [
        "off (monitoring.enabled is false): no agent on the servers, nobody is told of anything. Unwatched:",
        ...allMonitorIds.map((id) => `  ${areaOf(id)}: ${id}`),
      ],
    };
  const tests = synthetics(context);
  const { locations } = config.monitoring.synthetics;
  return {
    title,
    rows: [
      ...catalogue(context).map((definition) => row(definition, limits(definition), config.monitoring)),
      ...tests.map((test) => row(test, everySeconds(test), config.monitoring)),
    ],
    lines: [
      `custom metrics from logs: at most ${customMetrics(logMetrics(context))}`,
      `synthetic test runs: ${Math.round(runsPerMonth(tests, locations.length))} a month from ${locations.length} places`,
      "keys: DD_API_KEY and DD_APP_KEY in the environment of deploy; without them this stack fails and the others deploy",
      ...changes(context),
      ...lostComposites(context),
      ...neverWatched.map((what) => `not watched: ${what}`),
    ],
  };
}
