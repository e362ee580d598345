import { UploadedCertificate } from "@cdktf/provider-hcloud/lib/uploaded-certificate";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import type { Config } from "../../config/schema.js";
import { labelsOf } from "../../derived/labels.js";
import type { OriginCertificate } from "../../credentials/origin-certificate.js";
import { idOf } from "./id-of.js";

/** Properties of {@link BalancerCertificate}. */
export interface BalancerCertificateProps {
  readonly config: Config;
  /** Certificate that is uploaded to Hetzner. */
  readonly origin: OriginCertificate;
  /** Terraform count of the certificate, 0 or 1. @default - 1, and the Terraform address has no index */
  readonly count?: number;
}

/**
 * Uploads the Origin CA certificate to Hetzner. Hetzner cannot replace a certificate in use, and the names of
 * certificates must be unique. Terraform therefore creates the new certificate under a name that is derived from its
 * content. After the load balancer uses the new certificate, Terraform deletes the old certificate.
 */
export class BalancerCertificate extends Construct {
  /** Id with which the load balancer refers to the certificate. */
  readonly id: string;

  constructor(scope: Construct, id: string, { config, origin, count }: BalancerCertificateProps) {
    super(scope, id);
    const pem = origin.certificate.certificate;
    const certificate = new UploadedCertificate(this, "Default", {
      name: `${config.environment}-origin-${Fn.substr(Fn.sha256(pem), 0, 8)}`,
      certificate: pem,
      privateKey: origin.key.privateKeyPem,
      labels: labelsOf(config),
      count,
      lifecycle: { createBeforeDestroy: true },
    });
    this.id = idOf(certificate);
  }
}
