import { OriginCaCertificate } from "@cdktf/provider-cloudflare/lib/origin-ca-certificate/index.js";
import { CertRequest } from "@cdktf/provider-tls/lib/cert-request/index.js";
import { PrivateKey } from "@cdktf/provider-tls/lib/private-key/index.js";
import { Op, type TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { keyTypes } from "../certificates/keys.js";
import type { Config } from "../config/schema.js";

/** Properties of {@link OriginCertificate}. */
export interface OriginCertificateProps {
  readonly config: Config;
}

/**
 * A key and the certificate that Cloudflare's Origin CA issues for it: trusted by Cloudflare's edge only, for the apex and one level below.
 *
 * Its construct id carries the generation. Destroying one revokes it, so the stack that raises the generation keeps the previous
 * one until the next raise: nothing that still presents the old certificate ever presents a revoked one.
 */
export class OriginCertificate extends Construct {
  readonly key: PrivateKey;
  readonly certificate: OriginCaCertificate;

  constructor(scope: Construct, id: string, { config }: OriginCertificateProps) {
    super(scope, id);
    const lifecycle = { createBeforeDestroy: true };
    // Sorted, as Cloudflare returns them: in any other order every plan replaces the certificate.
    const hostnames = [`*.${config.domain}`, config.domain].sort();
    this.key = new PrivateKey(this, "key", { ...keyTypes.ecdsa, lifecycle });
    const request = new CertRequest(this, "request", {
      privateKeyPem: this.key.privateKeyPem,
      subject: [{ commonName: config.domain }],
      dnsNames: hostnames,
      lifecycle,
    });
    this.certificate = new OriginCaCertificate(this, "certificate", {
      csr: request.certRequestPem,
      hostnames,
      requestType: "origin-ecc",
      requestedValidity: config.certificate.validityDays,
      // A changed validity waits for the next generation: a replacement in place would revoke what is in use.
      lifecycle: { ...lifecycle, ignoreChanges: ["requested_validity"] },
    });
  }
}

/** The configured generation, and beside it the previous one. Plans say when the configured validity waits for the next. */
export function originCertificates(stack: TerraformStack, config: Config): OriginCertificate {
  const { generation, validityDays } = config.certificate;
  const issue = (number: number): OriginCertificate =>
    new OriginCertificate(stack, `origin-certificate-${number}`, { config });
  if (generation > 1) issue(generation - 1);
  const current = issue(generation);
  // cdktf has no construct for check blocks.
  stack.addOverride("check.origin_certificate_validity", {
    assert: [
      {
        condition: Op.eq(current.certificate.requestedValidity, validityDays),
        error_message: `The origin certificate was issued for another validity than ${validityDays} days. Raise certificate.generation by one to issue a new one.`,
      },
    ],
  });
  return current;
}
