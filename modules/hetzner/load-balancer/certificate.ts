import { UploadedCertificate } from "@cdktf/provider-hcloud/lib/uploaded-certificate";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import type { Config } from "../../config/schema.js";
import { labelsOf } from "../../derived/labels.js";
import type { OriginCertificate } from "../../credentials/origin-certificate.js";
import { idOf } from "./id-of.js";

/** Properties of {@link BalancerCertificate}. */
export interface BalancerCertificateProps {
  /** The environment. */
  readonly config: Config;
  /** The certificate to upload. */
  readonly origin: OriginCertificate;
  /** Number of instances, 0 or 1. @default - 1, and its Terraform address has no index */
  readonly count?: number;
}

/**
 * The Origin CA certificate, uploaded to Hetzner. A certificate in use cannot be replaced, and names are unique. So the new certificate
 * is created under a name derived from its content, then the balancer switches to it, then the old certificate is deleted.
 */
export class BalancerCertificate extends Construct {
  /** Id that the balancer refers to. */
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
