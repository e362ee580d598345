import type { Config } from "../../../config/schema.js";
import { aptKeys } from "../../../platform/apt-keys.js";
import type { AptSource } from "../../part/part.js";

const vendorUrl = "https://apt.datadoghq.com";

/** Returns Datadog's apt repository for version 7 of the agent. */
export function datadogAptSource({ aptSources: { datadog } }: Config): AptSource {
  const { url = vendorUrl, key = aptKeys.datadog } = datadog;
  return {
    name: "datadog",
    source: `deb ${url} stable 7`,
    key,
  };
}
