import { Ruleset } from "@cdktf/provider-cloudflare/lib/ruleset/index.js";
import type { Construct } from "constructs";
import { literal } from "../terraform/literal.js";
import type { ZoneContext } from "./context.js";

/**
 * Returns an expression in Cloudflare's Rules language that matches requests to the write paths. On the free plan, the
 * expression of a rate limit may use only the path.
 */
const toPaths = (paths: readonly string[]): string =>
  paths
    .map((path) =>
      path.endsWith("/") ? `starts_with(http.request.uri.path, "${path}")` : `http.request.uri.path eq "${path}"`,
    )
    .join(" or ");

/** Limits of Cloudflare's free plan: one rate limit rule with a period of 10 seconds and a block of 10 seconds. */
const freePlan = { period: 10, mitigationTimeout: 10 } as const;

/**
 * Adds the zone's rate limit, which counts requests per address. A zone has only one ruleset for rate limits, so a
 * manually created ruleset must be imported first.
 */
export function addRateLimit(scope: Construct, { config, zoneId }: ZoneContext): void {
  const { expression = toPaths(config.application.writePaths), requestsPer10Seconds } = config.cloudflare.rateLimit;
  new Ruleset(scope, "rate-limit", {
    zoneId,
    name: "foobar rate limit",
    description: "Requests of one address",
    kind: "zone",
    phase: "http_ratelimit",
    rules: [
      {
        ref: "requests-per-address",
        description: `At most ${requestsPer10Seconds} requests in 10 seconds`,
        expression: literal(expression),
        action: "block",
        enabled: true,
        ratelimit: {
          // Cloudflare counts requests separately in each data centre, and rejects a rule without `cf.colo.id`.
          characteristics: ["cf.colo.id", "ip.src"],
          requestsPerPeriod: requestsPer10Seconds,
          ...freePlan,
        },
      },
    ],
  });
}
