import { knownEnds, type DatedEnd } from "../platform/dates.js";
import type { Config } from "../config/schema.js";

/**
 * Returns the known expiry dates on which servers of this environment depend. The expiry date of a key that is
 * configured as a file is unknown.
 */
export function endsOf({ aptSources, monitoring }: Config): readonly DatedEnd[] {
  const vendors = monitoring.enabled ? (["mysql", "datadog"] as const) : (["mysql"] as const);
  const keys = vendors.flatMap((vendor): readonly DatedEnd[] => {
    const { key } = aptSources[vendor];
    if (typeof key === "string") return [];
    return [key === undefined ? knownEnds[vendor] : { ...knownEnds[vendor], ends: key.ends, source: key.url }];
  });
  return [...keys, knownEnds.debian];
}
