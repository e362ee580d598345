import { Ruleset } from "@cdktf/provider-cloudflare/lib/ruleset/index.js";
import type { Construct } from "constructs";
import { siteExpression, type ZoneContext } from "./context.js";

/** Redirect for a host name that the site does not use yet or no longer uses. */
export interface Redirect {
  /** Host name whose visitors are redirected, for example "www.foobar.com". */
  readonly host: string;
  /** Status code of the redirect: 307 or 308. Both status codes keep the method and the body of a request. */
  readonly statusCode: number;
  /** Count of the Terraform resource, 0 or 1. */
  readonly count: number;
}

/** Adds a redirect to the same path under another host name. Cloudflare itself responds to redirected requests. */
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
