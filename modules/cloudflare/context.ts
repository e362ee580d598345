import type { Config } from "../config/schema.js";
import { siteHosts } from "../platform/names.js";

/** Input of the functions that create the site's resources at Cloudflare. */
export interface ZoneContext {
  readonly config: Config;
  readonly zoneId: string;
}

/** Secret that proves to the origin (load balancer or nginx) that a request came through this Cloudflare zone. */
export interface Proof<Shown> {
  readonly shown: Shown;
  /** Count of the Terraform resource, 0 or 1. @default - one resource, whose address has no index */
  readonly count?: number;
}

/** Client certificate that Cloudflare presents to the origin, in PEM format. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Returns an expression in Cloudflare's Rules language that matches only requests to the site, not requests to other
 * hosts of the zone.
 */
export const siteExpression = (config: Config): string =>
  `http.host in {${siteHosts(config)
    .map((host) => `"${host}"`)
    .join(" ")}}`;
