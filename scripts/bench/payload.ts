import { loadEnvironment } from "../../modules/config/load.js";
import { payloadSize, warningBytes } from "../../modules/machine/compose/index.js";
import { report } from "./figure.js";

/** Size of every server's user data. Production terminates TLS at the load balancer, staging at nginx. */
export async function payloads(): Promise<void> {
  for (const environment of ["production", "staging"]) {
    const config = await loadEnvironment(environment);
    for (const server of config.servers)
      report({
        what: `payload of ${server.name}, ${environment}`,
        value: payloadSize(config, server) / 1024,
        limit: warningBytes / 1024,
        unit: " KiB",
      });
  }
}
