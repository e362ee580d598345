import { problemReport, type Problem } from "../config/problem.js";
import type { Config } from "../config/schema.js";
import { allMonitorIds } from "../platform/monitor-ids.js";
import { catalogue, fullCatalogue } from "./catalogue/index.js";
import type { MonitorDefinition } from "./definition.js";
import { renderMonitor } from "./monitor.js";
import type { References } from "./query.js";
import { thresholdRule } from "./range.js";
import { monitorProblems } from "./api-rules.js";
import { contextOf, type MonitoringContext } from "./scope.js";
import { allSynthetics } from "./synthetics.js";

type Change = NonNullable<Config["monitoring"]["monitors"][(typeof allMonitorIds)[number]]>;

/** The check uses names instead of ids as references, because only Datadog knows the ids. */
const names: References = { monitor: (id) => id, serviceLevel: (name) => name };

const limits = ["critical", "warning"] as const;

/** Types of conditions that have no warning threshold, either in Datadog or in this project's query. */
const withoutWarning: readonly string[] = ["check", "burn"];

/**
 * Returns problems of changed thresholds that would have no effect. Without this check, the review would show
 * thresholds that do not apply.
 */
function lostChanges(change: Change, path: string, monitor: MonitorDefinition | undefined): readonly Problem[] {
  const takes = (limit: (typeof limits)[number]): boolean =>
    monitor?.thresholds !== undefined && !(limit === "warning" && withoutWarning.includes(monitor.condition.kind));
  return limits
    .filter((limit) => change[limit] !== undefined && !takes(limit))
    .map((limit) => ({
      path: `${path}.${limit}`,
      rule: `must not be set: this monitor has no ${limit} threshold`,
      got: change[limit],
      fix: "remove it",
    }));
}

/** Returns a problem if a changed monitor has only default values, because the change then has no effect. */
function emptyChange(change: Change, path: string, { context, id }: At): readonly Problem[] {
  const original = [...fullCatalogue(context), ...allSynthetics(context)].find((alert) => alert.id === id);
  const { critical, warning } = original && "thresholds" in original ? (original.thresholds ?? {}) : {};
  const usual = { critical, warning, urgency: original?.urgency };
  const changed = (["critical", "warning", "urgency"] as const).some(
    (key) => change[key] !== undefined && change[key] !== usual[key],
  );
  return changed || !change.enabled
    ? []
    : [
        {
          path,
          rule: "must change at least one setting of the monitor",
          got: change,
          fix: "set values that differ from the defaults, or remove the entry",
        },
      ];
}

interface At {
  readonly context: MonitoringContext;
  readonly id: (typeof allMonitorIds)[number];
}

function changeProblems({ context, id }: At): readonly Problem[] {
  const change = context.config.monitoring.monitors[id];
  if (!change) return [];
  const path = `monitoring.monitors.${id}`;
  const exists = [...fullCatalogue(context), ...allSynthetics(context)].some((alert) => alert.id === id);
  if (!exists)
    return [
      {
        path,
        rule: "must be an existing monitor, but this monitor exists only if application.statusPath is set",
        got: change,
        fix: "remove the entry, or set application.statusPath",
      },
    ];
  const lost = lostChanges(
    change,
    path,
    fullCatalogue(context).find((definition) => definition.id === id),
  );
  return lost.length > 0 ? lost : emptyChange(change, path, { context, id });
}

/**
 * Returns the problems of an adjusted monitor: thresholds outside the range of the measured values, or otherwise the reasons why Datadog
 * would reject the monitor.
 */
function definitionProblems(definition: MonitorDefinition, context: MonitoringContext): readonly Problem[] {
  const { condition, id, thresholds } = definition;
  const path = `monitoring.monitors.${id}`;
  const change = context.config.monitoring.monitors[id];
  const senseless = limits.flatMap((limit): readonly Problem[] => {
    const got = thresholds?.[limit];
    const rule = got === undefined ? undefined : thresholdRule(got, condition, context);
    const fix =
      condition.kind === "burn" && change?.[limit] === undefined
        ? `set a threshold, or raise monitoring.serviceLevels.${condition.serviceLevel}Percent`
        : "choose another threshold";
    return rule ? [{ path: `${path}.${limit}`, rule, got, fix }] : [];
  });
  if (senseless.length > 0) return senseless;
  return monitorProblems(renderMonitor(definition, context, names)).map((rule) => ({
    path,
    rule,
    got: change,
    fix: "choose other thresholds",
  }));
}

/**
 * Returns all problems of the adjusted monitors: changes without an effect, monitors that can never alert, and monitors that Datadog would
 * reject.
 */
export function monitoringProblems(config: Config): readonly Problem[] {
  const context = contextOf(config);
  return [
    ...allMonitorIds.flatMap((id) => changeProblems({ context, id })),
    ...catalogue(context).flatMap((definition) => definitionProblems(definition, context)),
  ];
}

/**
 * Checks the adjusted monitors of an environment.
 * @throws Error with one line for each problem, beginning with its path
 */
export function checkMonitoring(config: Config): void {
  const problems = monitoringProblems(config);
  if (problems.length > 0) throw new Error(problemReport(config.environment, problems));
}
