import { AuthenticatedOriginPullsCertificate } from "@cdktf/provider-cloudflare/lib/authenticated-origin-pulls-certificate/index.js";
import { AuthenticatedOriginPullsSettings } from "@cdktf/provider-cloudflare/lib/authenticated-origin-pulls-settings/index.js";
import type { Construct } from "constructs";
import type { SignedCertificate } from "../credentials/certificates/index.js";
import type { Proof, ZoneContext } from "./context.js";

/**
 * Cloudflare shows the origin a client certificate of our own CA. With Cloudflare's shared one, any other customer of theirs
 * could put their zone in front of our balancer.
 */
export function addOriginPulls(
  scope: Construct,
  {
    zoneId,
    originPull: {
      shown: { certificate: shown, key },
      count,
    },
  }: ZoneContext & { readonly originPull: Proof<SignedCertificate> },
): void {
  const certificate = new AuthenticatedOriginPullsCertificate(scope, "origin-pull-certificate", {
    zoneId,
    // The tls provider ends it with one line feed, and Cloudflare returns it like that. Any difference would replace it in every plan.
    certificate: shown.certPem,
    privateKey: key.privateKeyPem,
    count,
    lifecycle: { createBeforeDestroy: true },
  });
  new AuthenticatedOriginPullsSettings(scope, "origin-pull-settings", {
    zoneId,
    enabled: true,
    count,
    // If this were switched on before the certificate exists, Cloudflare would show its shared one.
    dependsOn: [certificate],
  });
}
