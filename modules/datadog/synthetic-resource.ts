import type { SyntheticsTestConfig } from "@cdktf/provider-datadog/lib/synthetics-test/index.js";
import { literal } from "../terraform/literal.js";
import { areaOf } from "./catalogue/index.js";
import { alertTags, message } from "./message.js";
import type { MonitoringContext } from "./scope.js";
import type { SyntheticTest } from "./synthetics.js";

/**
 * Returns the number of locations that must fail before a synthetic test fails. Two locations must fail, so that a
 * fault of a single location does not alert.
 */
const failingLocations = (locations: readonly string[]): number => Math.min(2, locations.length);

const requests = {
  http: (url: string) => ({ method: "GET", url, timeout: 30 }),
  dns: (host: string) => ({ host }),
  ssl: (host: string) => ({ host, port: "443", servername: host }),
} as const;

/** Returns a synthetic test in the format of the Terraform provider. */
export function syntheticConfig(test: SyntheticTest, { config }: MonitoringContext): SyntheticsTestConfig {
  const { locations } = config.monitoring.synthetics;
  return {
    name: `[${config.environment}] ${test.title}`,
    type: "api",
    subtype: test.subtype,
    status: "live",
    message: literal(message(test, config)),
    tags: alertTags(test, areaOf(test.id), config),
    locations: [...locations],
    requestDefinition: requests[test.subtype](test.target),
    assertion: [...test.assertions],
    optionsList: {
      tickEvery: test.intervalSeconds,
      minLocationFailed: failingLocations(locations),
      monitorPriority: test.priority,
      retry: { count: 2, interval: 1000 },
      ...(test.subtype === "http" && { followRedirects: false }),
    },
  };
}
