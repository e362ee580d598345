import { Construct } from "constructs";
import { CertificateAuthority, SignedCertificate } from "./certificates/index.js";
import type { Config } from "../config/schema.js";

/** Properties of {@link OriginPull}. */
export interface OriginPullProps {
  /** The environment, whose name is in both certificates. */
  readonly config: Config;
}

/** The CA that nginx trusts for clients, and its only client certificate, which Cloudflare presents for our zone. The keys are RSA, as in Cloudflare's guide. */
export class OriginPull extends Construct {
  /** CA that nginx trusts. */
  readonly authority: CertificateAuthority;
  /** Client certificate that Cloudflare presents. */
  readonly client: SignedCertificate;

  constructor(scope: Construct, id: string, { config }: OriginPullProps) {
    super(scope, id);
    this.authority = new CertificateAuthority(this, "authority", {
      commonName: `${config.environment} origin pull CA`,
      keyType: "rsa",
    });
    this.client = new SignedCertificate(this, "client", {
      authority: this.authority,
      commonName: `Cloudflare for ${config.environment}`,
      uses: ["client_auth"],
    });
  }
}
