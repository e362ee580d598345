import type { Config } from "../config/schema.js";
import { siteHosts } from "../platform/names.js";

/** What every part of the site at Cloudflare needs. */
export interface ZoneContext {
  readonly config: Config;
  readonly zoneId: string;
}

/** Expression that matches requests to the site, and not to whatever else the zone serves. */
export const siteExpression = (config: Config): string =>
  `http.host in {${siteHosts(config)
    .map((host) => `"${host}"`)
    .join(" ")}}`;
