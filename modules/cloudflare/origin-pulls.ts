import { AuthenticatedOriginPullsCertificate } from "@cdktf/provider-cloudflare/lib/authenticated-origin-pulls-certificate/index.js";
import { AuthenticatedOriginPullsSettings } from "@cdktf/provider-cloudflare/lib/authenticated-origin-pulls-settings/index.js";
import type { Construct } from "constructs";
import type { ClientCertificate, Proof, ZoneContext } from "./context.js";

/**
 * Makes Cloudflare present a client certificate of our own CA to the origin. Cloudflare's shared certificate is not
 * sufficient, because any other customer could then send requests through another zone to our load balancer.
 */
export function addOriginPulls(
  scope: Construct,
  { zoneId, originPull: { shown, count } }: ZoneContext & { readonly originPull: Proof<ClientCertificate> },
): void {
  const certificate = new AuthenticatedOriginPullsCertificate(scope, "origin-pull-certificate", {
    zoneId,
    // The certificate ends with one line feed, both from the tls provider and from Cloudflare. With any difference,
    // every plan would replace the certificate.
    certificate: shown.certificate,
    privateKey: shown.key,
    count,
    lifecycle: { createBeforeDestroy: true },
  });
  new AuthenticatedOriginPullsSettings(scope, "origin-pull-settings", {
    zoneId,
    enabled: true,
    count,
    // The certificate must exist before this setting is enabled. Otherwise Cloudflare would present its shared
    // certificate.
    dependsOn: [certificate],
  });
}
