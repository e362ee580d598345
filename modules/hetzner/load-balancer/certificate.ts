import { UploadedCertificate } from "@cdktf/provider-hcloud/lib/uploaded-certificate";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import type { Config } from "../../config/schema.js";
import { labelsOf } from "../../config/labels.js";
import type { OriginCertificate } from "../../credentials/origin-certificate.js";
import { idOf } from "./id-of.js";

/** Properties of {@link BalancerCertificate}. */
export interface BalancerCertificateProps {
  /** The environment. */
  readonly config: Config;
  /** The certificate that is uploaded. */
  readonly origin: OriginCertificate;
  /** How many there are of it, 0 or 1. @default - one, and its address has no index */
  readonly count?: number;
}

/**
 * The Origin CA certificate, uploaded to Hetzner. One that is in use cannot be replaced, and two cannot have the same name. So the new one
 * is created under a name made of its content, then the balancer changes over, then the old one is deleted.
 */
export class BalancerCertificate extends Construct {
  /** By which the balancer names it. */
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
