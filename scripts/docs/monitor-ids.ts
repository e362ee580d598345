import { readFileSync } from "node:fs";
import { monitorsByArea } from "../../modules/datadog/catalogue/index.js";
import { contextOf } from "../../modules/datadog/scope.js";
import { allSynthetics } from "../../modules/datadog/synthetics.js";
import { exampleConfig } from "../../__tests__/support/config.js";
import { spread } from "../../__tests__/support/servers.js";

const file = new URL("../../modules/platform/monitor-ids.ts", import.meta.url);

/** Returns modules/platform/monitor-ids.ts with the names of all monitors. The schema of environments uses these names. */
export function monitorIdsModule(): string {
  // The configuration has two load balancers, because some monitors exist only with two load balancers.
  const context = contextOf(exampleConfig(spread));
  const areas = Object.entries(monitorsByArea).map(([area, monitorsOf]) => {
    const alerts = [...(area === "availability" ? allSynthetics(context) : []), ...monitorsOf(context)];
    return `  ${area}: [\n${alerts.map(({ id }) => `    "${id}",\n`).join("")}  ],\n`;
  });
  return readFileSync(file, "utf8").replace(/(?<=monitorIds = \{\n)[^]*?(?=\} as const;)/, areas.join(""));
}
