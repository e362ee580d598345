import * as z from "zod";
import * as values from "../values/index.js";

export const cloudflare = z.strictObject({
  /** Number of the site at Cloudflare, 1 or 2. Use the other number only if a new domain replaces the current domain. Default: 1. */
  number: z.literal([1, 2]).default(1),
  /** Name of the Cloudflare zone. TLS and HSTS settings apply to the whole zone. If the zone is a parent of `domain`, `www.<domain>` needs Cloudflare's Advanced Certificate Manager. Default: `domain`. */
  zoneName: values.domain.optional(),
  /** Name of the Cloudflare account. Required only if two accounts have a zone with this name. */
  accountName: values.name.optional(),
  /** Oldest TLS version that visitors may use. Default: "1.2". */
  minimumTlsVersion: z.enum(["1.2", "1.3"]).default("1.2"),
  hsts: z
    .strictObject({
      /** Time for which browsers require HTTPS, in seconds, 0 to 63072000 (two years). Default: 31536000. */
      maxAgeSeconds: z.int().min(0).max(63_072_000).default(31_536_000),
      /** Whether HSTS includes all subdomains. Default: true. */
      includeSubdomains: z.boolean().default(true),
      /** Whether browsers may add the domain to their built-in HTTPS-only lists, which is hard to undo. Default: false. */
      preload: z.boolean().default(false),
    })
    .prefault({}),
  firewall: z
    .strictObject({
      /** Requests to block, as an expression in Cloudflare's Rules language. Default: paths that vulnerability scanners request, and hidden files (`/.…`). */
      expression: values.expression.optional(),
      /** Action for requests that match `expression`. Default: "block". */
      action: z.enum(["block", "managed_challenge", "js_challenge"]).default("block"),
    })
    .prefault({}),
  rateLimit: z
    .strictObject({
      /** Maximum requests per address in 10 seconds. Cloudflare blocks an address above this limit for 10 seconds. Default: 50. */
      requestsPer10Seconds: z.int().min(1).max(1_000_000).default(50),
      /** Requests that count towards the limit, as an expression in Cloudflare's Rules language. Default: `application.writePaths` on every host of the zone. */
      expression: values.expression.optional(),
    })
    .prefault({}),
});
