import { Ruleset } from "@cdktf/provider-cloudflare/lib/ruleset/index.js";
import type { Construct } from "constructs";
import { literal } from "../terraform/literal.js";
import type { ZoneContext } from "./context.js";

/** Requests that count: those to paths that visitors write to. Expressions of the free plan may look at the path only. */
const toPaths = (paths: readonly string[]): string =>
  paths
    .map((path) =>
      path.endsWith("/") ? `starts_with(http.request.uri.path, "${path}")` : `http.request.uri.path eq "${path}"`,
    )
    .join(" or ");

/** What the free plan allows: one rule that counts for 10 seconds and blocks for 10. */
const freePlan = { period: 10, mitigationTimeout: 10 } as const;

/** The zone's rate limit for each address. A zone has one ruleset for this phase: one made by hand must be imported first. */
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
          // Cloudflare counts in each data centre by itself, and refuses a rule that does not name that (`cf.colo.id`).
          characteristics: ["cf.colo.id", "ip.src"],
          requestsPerPeriod: requestsPer10Seconds,
          ...freePlan,
        },
      },
    ],
  });
}
