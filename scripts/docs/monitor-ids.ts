import { monitorsByArea } from "../../modules/datadog/catalogue/index.js";
import { contextOf } from "../../modules/datadog/scope.js";
import { allSynthetics } from "../../modules/datadog/synthetics.js";
import { exampleConfig } from "../../__tests__/support/config.js";
import { spread } from "../../__tests__/support/servers.js";

const notice = "// Generated from modules/datadog/catalogue/ by `npm run docs`. Do not edit.\n";

/** modules/platform/monitor-ids.ts: the names of everything that can alert, which the schema of environments needs too. */
export function monitorIdsModule(): string {
  // With two load balancers, because the catalogue has monitors only for them.
  const context = contextOf(exampleConfig(spread));
  const areas = Object.entries(monitorsByArea).map(([area, monitorsOf]) => {
    const alerts = [...(area === "availability" ? allSynthetics(context) : []), ...monitorsOf(context)];
    return `  ${area}: [\n${alerts.map(({ id }) => `    "${id}",\n`).join("")}  ],\n`;
  });
  return `${notice}
/**
 * Names of all monitors and synthetic tests, by area. A name is a contract: it is the address in Terraform, the key in the configuration
 * and the heading in docs/runbook.md.
 */
export const monitorIds = {
${areas.join("")}} as const;

/** Part of the platform that a monitor observes. */
export type Area = keyof typeof monitorIds;
/** Name of a monitor or of a synthetic test. */
export type MonitorId = (typeof monitorIds)[Area][number];

/** Areas, in the order of the runbook. */
export const areas = Object.keys(monitorIds) as readonly Area[];

/** All names, in the order of the areas. */
export const allMonitorIds: readonly MonitorId[] = areas.flatMap((area): readonly MonitorId[] => monitorIds[area]);
`;
}
