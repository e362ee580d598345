import { Construct } from "constructs";
import { CertificateAuthority, SignedCertificate } from "./certificates/index.js";
import type { Config } from "../config/schema.js";

/** Properties of {@link OriginPull}. */
export interface OriginPullProps {
  /**
   * Configuration of the environment. The names in the CA certificate and the client certificate contain the
   * environment's name.
   */
  readonly config: Config;
  /**
   * Generation of the CA. The name of a later CA contains the generation, because nginx distinguishes two CAs by name.
   * @default 1
   */
  readonly generation?: number;
}

/**
 * Creates the CA with which nginx verifies clients, and its only client certificate, which Cloudflare presents for our
 * zone. The client's key is RSA, as in Cloudflare's guide. CAs of later generations have shorter ECDSA keys, because
 * user data contain two CAs during a rotation.
 */
export class OriginPull extends Construct {
  /** Certificate authority that nginx trusts. */
  readonly authority: CertificateAuthority;
  /** Client certificate that Cloudflare presents. */
  readonly client: SignedCertificate;

  constructor(scope: Construct, id: string, { config, generation = 1 }: OriginPullProps) {
    super(scope, id);
    this.authority = new CertificateAuthority(this, "authority", {
      commonName: `${config.environment} origin pull CA${generation === 1 ? "" : ` ${generation}`}`,
      keyType: generation === 1 ? "rsa" : "ecdsa",
    });
    this.client = new SignedCertificate(this, "client", {
      authority: this.authority,
      commonName: `Cloudflare for ${config.environment}`,
      keyType: "rsa",
      uses: ["client_auth"],
    });
  }
}
