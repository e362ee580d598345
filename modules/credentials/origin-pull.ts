import { Construct } from "constructs";
import { CertificateAuthority, SignedCertificate } from "./certificates/index.js";
import type { Config } from "../config/schema.js";

/** Properties of {@link OriginPull}. */
export interface OriginPullProps {
  /** The environment, whose name stands in both certificates. */
  readonly config: Config;
}

/** The CA that nginx trusts for clients, and the one client certificate it signs: Cloudflare's, for our zone only. RSA, as in Cloudflare's guide. */
export class OriginPull extends Construct {
  /** What nginx trusts. */
  readonly authority: CertificateAuthority;
  /** What Cloudflare shows. */
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
