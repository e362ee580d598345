import type { Config } from "../config/schema.js";
import { siteHosts } from "../platform/names.js";

/** What every part of the site at Cloudflare needs. */
export interface ZoneContext {
  readonly config: Config;
  readonly zoneId: string;
}

/** What shows the origin that a request came through this zone. */
export interface Proof<Shown> {
  readonly shown: Shown;
  /** How many there are of it, 0 or 1. @default - one, and its address has no index */
  readonly count?: number;
}

/** Expression that matches requests to the site, and not to whatever else the zone serves. */
export const siteExpression = (config: Config): string =>
  `http.host in {${siteHosts(config)
    .map((host) => `"${host}"`)
    .join(" ")}}`;
