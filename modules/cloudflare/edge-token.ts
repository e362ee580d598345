import { Ruleset } from "@cdktf/provider-cloudflare/lib/ruleset/index.js";
import type { Construct } from "constructs";
import { edgeTokenHeader } from "../platform/names.js";
import { type Proof, siteExpression, type ZoneContext } from "./context.js";

/**
 * Adds a secret header to every request to the site. nginx rejects requests without this header. The rule overwrites a
 * header of the same name that a visitor sends. Anyone with read access to the zone's rules can read the secret.
 */
export function addEdgeToken(
  scope: Construct,
  { config, zoneId, edgeToken }: ZoneContext & { readonly edgeToken: Proof<string> },
): void {
  new Ruleset(scope, "edge-token", {
    zoneId,
    name: "foobar edge token",
    description: "Proof that a request came through this zone",
    kind: "zone",
    phase: "http_request_late_transform",
    count: edgeToken.count,
    rules: [
      {
        ref: "edge-token",
        description: "Secret header for the origin",
        expression: siteExpression(config),
        action: "rewrite",
        enabled: true,
        actionParameters: { headers: { [edgeTokenHeader]: { operation: "set", value: edgeToken.shown } } },
      },
    ],
  });
}
