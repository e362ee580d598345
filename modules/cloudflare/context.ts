import type { Config } from "../config/schema.js";
import { siteHosts } from "../platform/names.js";

/** Input of every part of the site at Cloudflare. */
export interface ZoneContext {
  readonly config: Config;
  readonly zoneId: string;
}

/** Proof for the origin that a request came through this zone. */
export interface Proof<Shown> {
  readonly shown: Shown;
  /** Count of the resource, 0 or 1. @default - one resource, whose address has no index */
  readonly count?: number;
}

/** Client certificate that Cloudflare shows to the origin, in PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Expression that matches only requests to the site, not to other hosts of the zone. */
export const siteExpression = (config: Config): string =>
  `http.host in {${siteHosts(config)
    .map((host) => `"${host}"`)
    .join(" ")}}`;
