import type { Config } from "../../../config/schema.js";
import type { AptSource, PublishedKey } from "../../part/part.js";

const vendorUrl = "https://apt.datadoghq.com";

/**
 * "CURRENT" is the key that signs now; Datadog's installer (DataDog/agent-linux-install-script) says so and names the keys it may be:
 * one until 2028 and its successor until 2033, with these fingerprints on Datadog's page on the security of agents.
 */
const vendorKey: PublishedKey = {
  url: "https://keys.datadoghq.com/DATADOG_APT_KEY_CURRENT.public",
  fingerprints: ["5F1E256061D813B125E156E8E6266D4AC0962C7D", "D18886567EABAD8B2D2526900D826EB906462314"],
};

/** Datadog's repository, version 7 of the agent. */
export function datadogAptSource({ aptSources: { datadog } }: Config): AptSource {
  const { url = vendorUrl, key = vendorKey } = datadog;
  return {
    name: "datadog",
    source: `deb ${url} stable 7`,
    key,
  };
}
