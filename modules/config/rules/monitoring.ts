import { rule, unless } from "./rule.js";

const downtimesEnd = rule(["monitoring"], ({ monitoring: { downtimes } }) =>
  Object.entries(downtimes).flatMap(([name, { start, end }]) =>
    unless(Date.parse(end) > Date.parse(start), () => ({
      path: `monitoring.downtimes.${name}.end`,
      rule: `must be later than its start (${start})`,
      got: end,
      fix: "change the end or the start",
    })),
  ),
);

const longestDowntimeDays = 90;

const downtimesAreShort = rule(["monitoring"], ({ monitoring: { downtimes } }) =>
  Object.entries(downtimes).flatMap(([name, { start, end }]) =>
    unless(Date.parse(end) - Date.parse(start) <= longestDowntimeDays * 86_400_000, () => ({
      path: `monitoring.downtimes.${name}.end`,
      rule: `must be at most ${longestDowntimeDays} days after its start (${start})`,
      got: end,
      fix: "shorten the downtime, or disable monitors in monitoring.monitors",
    })),
  ),
);

/** Time window of the monitor in seconds, minus the time until Datadog has counted a request. */
const visitorsGoneSeconds = 1500;

const syntheticsVisit = rule(["monitoring"], ({ monitoring: { enabled, monitors, synthetics } }) =>
  unless(
    !enabled || monitors["visitors-gone"]?.enabled === false || synthetics.intervalSeconds <= visitorsGoneSeconds,
    () => ({
      path: "monitoring.synthetics.intervalSeconds",
      rule: `must be at most ${visitorsGoneSeconds} if the monitor visitors-gone is enabled, because it alerts after 30 minutes without a request`,
      got: synthetics.intervalSeconds,
      fix: `lower it to ${visitorsGoneSeconds}, or disable monitoring.monitors.visitors-gone`,
    }),
  ),
);

const downtimesOfServers = rule(["monitoring", "servers"], ({ monitoring: { downtimes }, servers }) =>
  Object.entries(downtimes).flatMap(([name, { server }]) =>
    unless(server === undefined || Object.hasOwn(servers, server), () => ({
      path: `monitoring.downtimes.${name}.server`,
      rule: "must be a server of this environment",
      got: server,
      fix: `choose one of ${Object.keys(servers).join(", ")}`,
    })),
  ),
);

const changesChange = rule(["monitoring"], ({ monitoring: { monitors } }) =>
  Object.entries(monitors).flatMap(([id, change]) =>
    unless(
      !change.enabled || [change.critical, change.warning, change.urgency].some((value) => value !== undefined),
      () => ({
        path: `monitoring.monitors.${id}`,
        rule: "must change at least one setting of the monitor",
        got: change,
        fix: "set enabled: false, a threshold or the urgency, or remove the entry",
      }),
    ),
  ),
);

/**
 * Rules about monitors and downtimes that do not depend on the monitor catalogue. modules/datadog/check.ts contains the
 * rules that depend on the catalogue.
 */
export const monitoringRules = [downtimesEnd, downtimesAreShort, syntheticsVisit, downtimesOfServers, changesChange];
