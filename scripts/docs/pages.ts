import { exampleConfig } from "../../__tests__/support/config.js";
import { architecturePage } from "./architecture.js";
import { drawTopology } from "../../modules/review/drawing.js";
import { configurationPage } from "./configuration.js";
import { monitorIdsModule } from "./monitor-ids.js";
import { operationsPage } from "./operations.js";
import { trafficPage } from "./traffic.js";

/** Returns the generated pages, with the path in the repository as the key. */
export async function generatedPages(): Promise<Readonly<Record<string, string>>> {
  return {
    "modules/platform/monitor-ids.ts": monitorIdsModule(),
    "docs/architecture.md": await architecturePage(),
    "docs/configuration.md": await configurationPage(),
    "docs/operations.md": await operationsPage(),
    "docs/topology.svg": drawTopology(exampleConfig()),
    "docs/traffic.md": await trafficPage(),
  };
}
