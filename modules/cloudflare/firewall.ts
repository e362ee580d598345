import { Ruleset } from "@cdktf/provider-cloudflare/lib/ruleset/index.js";
import type { Construct } from "constructs";
import { literal } from "../terraform/literal.js";
import { siteExpression, type ZoneContext } from "./context.js";

/** Files and programs that this site does not have and only scanners ask for. The free plan knows no `matches`. */
const scannerExpression = [
  '(starts_with(http.request.uri.path, "/.") and not starts_with(http.request.uri.path, "/.well-known/"))',
  'http.request.uri.path contains "/.git"',
  'http.request.uri.path contains "/.env"',
  'ends_with(lower(http.request.uri.path), ".php")',
  'starts_with(lower(http.request.uri.path), "/wp-")',
].join(" or ");

/** The zone's custom firewall rule. A zone has one ruleset for this phase: one made by hand must be imported first. */
export function addFirewall(scope: Construct, { config, zoneId }: ZoneContext): void {
  const { expression = scannerExpression, action } = config.cloudflare.firewall;
  new Ruleset(scope, "firewall", {
    zoneId,
    name: "foobar firewall",
    description: "Requests that never reach the servers",
    kind: "zone",
    phase: "http_request_firewall_custom",
    rules: [
      {
        // Keeps the rule's id when others come and go.
        ref: "scanners",
        description: "Scanners and dot files",
        expression: `${siteExpression(config)} and (${literal(expression)})`,
        action,
        enabled: true,
      },
    ],
  });
}
