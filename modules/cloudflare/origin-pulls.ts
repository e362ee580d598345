import { AuthenticatedOriginPullsCertificate } from "@cdktf/provider-cloudflare/lib/authenticated-origin-pulls-certificate/index.js";
import { AuthenticatedOriginPullsSettings } from "@cdktf/provider-cloudflare/lib/authenticated-origin-pulls-settings/index.js";
import type { Construct } from "constructs";
import type { ClientCertificate, Proof, ZoneContext } from "./context.js";

/**
 * Makes Cloudflare present a client certificate of our own CA to the origin. With Cloudflare's shared certificate, any other customer could
 * send requests through their zone to our load balancer.
 */
export function addOriginPulls(
  scope: Construct,
  { zoneId, originPull: { shown, count } }: ZoneContext & { readonly originPull: Proof<ClientCertificate> },
): void {
  const certificate = new AuthenticatedOriginPullsCertificate(scope, "origin-pull-certificate", {
    zoneId,
    // The certificate ends with one line feed, both from the tls provider and from Cloudflare. Any difference would replace the certificate
    // in every plan.
    certificate: shown.certificate,
    privateKey: shown.key,
    count,
    lifecycle: { createBeforeDestroy: true },
  });
  new AuthenticatedOriginPullsSettings(scope, "origin-pull-settings", {
    zoneId,
    enabled: true,
    count,
    // If this setting were enabled before the certificate exists, Cloudflare would present its shared certificate.
    dependsOn: [certificate],
  });
}
