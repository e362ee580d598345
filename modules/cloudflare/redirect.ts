import { Ruleset } from "@cdktf/provider-cloudflare/lib/ruleset/index.js";
import type { Construct } from "constructs";
import { siteExpression, type ZoneContext } from "./context.js";

/** Where visitors are led who ask for a name that is not the site's, or not yet, or no more. */
export interface Redirect {
  /** "www.foobar.com" */
  readonly host: string;
  /** 307 or 308: with both, whoever writes writes there. */
  readonly statusCode: number;
  /** How many there are of it, 0 or 1. */
  readonly count: number;
}

/** Leads visitors to the same path under another name, before anything of their request reaches an origin. */
export function addRedirect(
  scope: Construct,
  { config, zoneId, redirect: { host, statusCode, count } }: ZoneContext & { readonly redirect: Redirect },
): Ruleset {
  return new Ruleset(scope, "redirect", {
    zoneId,
    name: "foobar redirect",
    description: "The site under its other name",
    kind: "zone",
    phase: "http_request_dynamic_redirect",
    count,
    rules: [
      {
        ref: "other-name",
        description: `To ${host}`,
        expression: siteExpression(config),
        action: "redirect",
        enabled: true,
        actionParameters: {
          fromValue: {
            statusCode,
            targetUrl: { expression: `concat("https://${host}", http.request.uri.path)` },
            preserveQueryString: true,
          },
        },
      },
    ],
  });
}
