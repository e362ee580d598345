import type { Config } from "../config/schema.js";
import { allMonitorIds, type MonitorId } from "../platform/monitor-ids.js";
import { catalogue, fullCatalogue } from "./catalogue/index.js";
import type { References } from "./query.js";
import { renderMonitor } from "./monitor.js";
import { monitorProblems } from "./rules.js";
import { contextOf } from "./scope.js";
import { highestBurnRate, serviceLevels } from "./service-levels.js";

/** Names in place of ids that only Datadog knows. */
const names: References = { monitor: (id) => id, serviceLevel: (name) => name };

/** Thresholds in the configuration for what has none. */
function pointlessThresholds(config: Config): readonly string[] {
  const withThresholds = new Set<MonitorId>(
    fullCatalogue(contextOf(config)).flatMap(({ id, thresholds }) => (thresholds ? [id] : [])),
  );
  return allMonitorIds.flatMap((id) => {
    const change = config.monitoring.monitors[id];
    return !change || withThresholds.has(id) || (change.critical ?? change.warning) === undefined
      ? []
      : [`${id}: has no thresholds, got ${JSON.stringify(change)}; remove critical and warning`];
  });
}

/** Everything in the adjusted catalogue that Datadog would refuse, or that could never fire. */
export function monitoringProblems(config: Config): readonly string[] {
  const context = contextOf(config);
  const levels = serviceLevels(context);
  return [
    ...pointlessThresholds(config),
    ...catalogue(context).flatMap((definition) => {
      const { condition, id, thresholds } = definition;
      const refused = monitorProblems(renderMonitor(definition, context, names));
      const level = condition.kind === "burn" && levels.find(({ name }) => name === condition.serviceLevel);
      const unreachable =
        level && thresholds && thresholds.critical >= highestBurnRate(level)
          ? [
              `burn rate must be below ${highestBurnRate(level)}, the most that the target allows, got ${thresholds.critical}; lower its critical threshold`,
            ]
          : [];
      return [...refused, ...unreachable].map((problem) => `${id}: ${problem}`);
    }),
  ];
}

/** @throws Error with one line per problem, path first. */
export function checkMonitoring(config: Config): void {
  const problems = monitoringProblems(config);
  if (problems.length > 0) throw new Error(problems.map((problem) => `monitoring.monitors.${problem}`).join("\n"));
}
