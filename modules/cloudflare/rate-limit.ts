import { Ruleset } from "@cdktf/provider-cloudflare/lib/ruleset/index.js";
import type { Construct } from "constructs";
import { literal } from "../terraform/literal.js";
import type { ZoneContext } from "./context.js";

/** Requests that count: those of the API, and the form that writes a note. Expressions of the free plan may look at the path only. */
const writingExpression = 'starts_with(http.request.uri.path, "/api/") or http.request.uri.path eq "/notes"';

/** What the free plan allows: one rule that counts for 10 seconds and blocks for 10. */
const freePlan = { period: 10, mitigationTimeout: 10 } as const;

/** The zone's rate limit for each address. A zone has one ruleset for this phase: one made by hand must be imported first. */
export function addRateLimit(scope: Construct, { config, zoneId }: ZoneContext): void {
  const { expression = writingExpression, requestsPer10Seconds } = config.cloudflare.rateLimit;
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
