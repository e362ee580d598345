import { PrivateKey } from "@cdktf/provider-tls/lib/private-key/index.js";
import { SelfSignedCert } from "@cdktf/provider-tls/lib/self-signed-cert/index.js";
import { Construct } from "constructs";
import { keyTypes, validityHours, type KeyType } from "./keys.js";

/** Properties of {@link CertificateAuthority}. */
export interface CertificateAuthorityProps {
  /** Name of its subject. */
  readonly commonName: string;
  /** Type of its key and, by default, of the keys of certificates that it signs. @default "ecdsa" */
  readonly keyType?: KeyType;
}

/** A private certificate authority, trusted only by programs of this project. Its key never leaves the state. */
export class CertificateAuthority extends Construct {
  /** Kind of its key. */
  readonly keyType: KeyType;
  /** Its private key. */
  readonly key: PrivateKey;
  /** Its own certificate, which clients need to verify signed certificates. */
  readonly certificate: SelfSignedCert;

  constructor(scope: Construct, id: string, { commonName, keyType = "ecdsa" }: CertificateAuthorityProps) {
    super(scope, id);
    this.keyType = keyType;
    this.key = new PrivateKey(this, "key", keyTypes[keyType]);
    this.certificate = new SelfSignedCert(this, "certificate", {
      privateKeyPem: this.key.privateKeyPem,
      subject: [{ commonName }],
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: ["cert_signing", "crl_signing"],
      validityPeriodHours: validityHours.authority,
      earlyRenewalHours: 0,
    });
  }
}
