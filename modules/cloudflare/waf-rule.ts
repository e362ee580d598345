import { Ruleset } from "@cdktf/provider-cloudflare/lib/ruleset/index.js";
import type { Construct } from "constructs";
import { literal } from "../terraform/literal.js";
import { siteExpression, type ZoneContext } from "./context.js";

/**
 * WAF expression for paths that only vulnerability scanners request. The free plan does not support regular expressions
 * (`matches`).
 */
const scannerExpression = [
  '(starts_with(http.request.uri.path, "/.") and not starts_with(http.request.uri.path, "/.well-known/"))',
  'http.request.uri.path contains "/.git"',
  'http.request.uri.path contains "/.env"',
  'ends_with(lower(http.request.uri.path), ".php")',
  'starts_with(lower(http.request.uri.path), "/wp-")',
].join(" or ");

/**
 * Adds the zone's custom WAF rule from the setting `cloudflare.firewall`. A zone has only one ruleset for custom WAF rules, so a manually
 * created ruleset must be imported first.
 */
export function addWafRule(scope: Construct, { config, zoneId }: ZoneContext): void {
  const { expression = scannerExpression, action } = config.cloudflare.firewall;
  new Ruleset(scope, "firewall", {
    zoneId,
    name: "foobar firewall",
    description: "Requests that never reach the servers",
    kind: "zone",
    phase: "http_request_firewall_custom",
    rules: [
      {
        // The attribute `ref` keeps the id of the rule unchanged if other rules are added or removed.
        ref: "scanners",
        description: "Scanners and dot files",
        expression: `${siteExpression(config)} and (${literal(expression)})`,
        action,
        enabled: true,
      },
    ],
  });
}
