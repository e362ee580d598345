import { architecturePage } from "./architecture.js";
import { configurationPage } from "./configuration.js";
import { trafficPage } from "./traffic.js";

/** Generated pages, by their path in the repository. */
export async function generatedPages(): Promise<Readonly<Record<string, string>>> {
  return {
    "docs/architecture.md": await architecturePage(),
    "docs/configuration.md": await configurationPage(),
    "docs/traffic.md": await trafficPage(),
  };
}
