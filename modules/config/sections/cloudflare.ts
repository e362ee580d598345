import * as z from "zod";
import * as values from "../values/index.js";

export const cloudflare = z.strictObject({
  number: z
    .literal([1, 2])
    .default(1)
    .describe("Which of two sites this is. A domain that takes over from another has the other number; else it stays."),
  zoneName: values.domain
    .optional()
    .describe(
      "Name of the zone, for all of which TLS and HSTS are set. With a parent of `domain`, www needs Cloudflare's Advanced Certificate Manager. Default: `domain`.",
    ),
  accountName: values.name
    .optional()
    .describe("Name of the account, only needed when two accounts hold a zone of this name."),
  minimumTlsVersion: z.enum(["1.2", "1.3"]).default("1.2").describe("Oldest TLS version that visitors may use."),
  hsts: z
    .strictObject({
      maxAgeSeconds: z
        .int()
        .min(0)
        .max(63_072_000)
        .default(31_536_000)
        .describe("How long browsers insist on HTTPS; up to two years."),
      includeSubdomains: z.boolean().default(true).describe("Whether that covers every subdomain."),
      preload: z.boolean().default(false).describe("Whether browsers may ship the domain as HTTPS only; hard to undo."),
    })
    .prefault({}),
  firewall: z
    .strictObject({
      expression: values.expression
        .optional()
        .describe("Requests to stop, in Cloudflare's Rules language. Default: scanners and dot files."),
      action: z.enum(["block", "managed_challenge", "js_challenge"]).default("block").describe("What happens to them."),
    })
    .prefault({}),
  rateLimit: z
    .strictObject({
      requestsPer10Seconds: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(50)
        .describe("Requests of one address in 10 seconds before it is blocked for 10 seconds."),
      expression: values.expression
        .optional()
        .describe(
          "Requests that count, in Cloudflare's Rules language. Default: `application.writePaths` of every host of the zone, since rate limits of the free plan cannot look at the host.",
        ),
    })
    .prefault({}),
});
