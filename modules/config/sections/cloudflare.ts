import * as z from "zod";
import * as values from "../values/index.js";

export const cloudflare = z.strictObject({
  number: z
    .literal([1, 2])
    .default(1)
    .describe(
      "Number of the site at Cloudflare. If a new domain replaces the current one, switch to the other number; otherwise do not change it.",
    ),
  zoneName: values.domain
    .optional()
    .describe(
      "Name of the zone. TLS and HSTS settings apply to the whole zone. If the zone is a parent of `domain`, `www.<domain>` needs Cloudflare's Advanced Certificate Manager. Default: `domain`.",
    ),
  accountName: values.name
    .optional()
    .describe("Name of the account. Required only if two accounts have a zone with this name."),
  minimumTlsVersion: z.enum(["1.2", "1.3"]).default("1.2").describe("Oldest TLS version that visitors may use."),
  hsts: z
    .strictObject({
      maxAgeSeconds: z
        .int()
        .min(0)
        .max(63_072_000)
        .default(31_536_000)
        .describe("How long browsers require HTTPS, in seconds, 0 to 63072000 (two years)."),
      includeSubdomains: z.boolean().default(true).describe("Whether HSTS includes all subdomains."),
      preload: z
        .boolean()
        .default(false)
        .describe("Whether browsers may add the domain to their built-in HTTPS-only lists. This is hard to undo."),
    })
    .prefault({}),
  firewall: z
    .strictObject({
      expression: values.expression
        .optional()
        .describe(
          "Requests to block, in Cloudflare's Rules language. Default: typical paths of scanners, and dot files.",
        ),
      action: z
        .enum(["block", "managed_challenge", "js_challenge"])
        .default("block")
        .describe("Action for these requests."),
    })
    .prefault({}),
  rateLimit: z
    .strictObject({
      requestsPer10Seconds: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(50)
        .describe(
          "Maximum requests per address in 10 seconds. Above the limit, Cloudflare blocks the address for 10 seconds.",
        ),
      expression: values.expression
        .optional()
        .describe(
          "Requests that count towards the limit, in Cloudflare's Rules language. Default: `application.writePaths` on every host of the zone, because rate limits of the free plan cannot match the host.",
        ),
    })
    .prefault({}),
});
