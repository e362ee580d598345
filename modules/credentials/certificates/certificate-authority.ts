import { PrivateKey } from "@cdktf/provider-tls/lib/private-key/index.js";
import { SelfSignedCert } from "@cdktf/provider-tls/lib/self-signed-cert/index.js";
import { Construct } from "constructs";
import { keyTypes, validityHours, type KeyType } from "./keys.js";

/** Properties of {@link CertificateAuthority}. */
export interface CertificateAuthorityProps {
  /** Common name of the CA in its certificate. */
  readonly commonName: string;
  /** Type of the CA's key. Certificates of this CA have the same type by default. @default "ecdsa" */
  readonly keyType?: KeyType;
}

/** A private certificate authority (CA). Only programs of this project trust the CA. The CA's key exists only in Terraform's state. */
export class CertificateAuthority extends Construct {
  /** Type of the CA's key. */
  readonly keyType: KeyType;
  /** Private key of the CA. */
  readonly key: PrivateKey;
  /** Certificate of the CA, with which clients verify the signed certificates. */
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
