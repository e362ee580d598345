import { CertRequest } from "@cdktf/provider-tls/lib/cert-request/index.js";
import { LocallySignedCert } from "@cdktf/provider-tls/lib/locally-signed-cert/index.js";
import { PrivateKey } from "@cdktf/provider-tls/lib/private-key/index.js";
import { Construct } from "constructs";
import type { CertificateAuthority } from "./certificate-authority.js";
import { keyTypes, validityHours, type KeyType } from "./keys.js";

/** Properties of {@link SignedCertificate}. */
export interface SignedCertificateProps {
  /** Certificate authority that signs the certificate. */
  readonly authority: CertificateAuthority;
  /** Type of the certificate's key. @default - the type of the authority's key */
  readonly keyType?: KeyType;
  /** Common name in the certificate. */
  readonly commonName: string;
  /** DNS names for which the certificate is valid. @default - none */
  readonly dnsNames?: readonly string[];
  /** IP addresses for which the certificate is valid. @default - none */
  readonly ipAddresses?: readonly string[];
  /** Allowed uses of the certificate: server, client or both. */
  readonly uses: readonly ("server_auth" | "client_auth")[];
}

/** A private key, and a certificate that a certificate authority signed. */
export class SignedCertificate extends Construct {
  /** Private key that belongs to the certificate. */
  readonly key: PrivateKey;
  /** Signed certificate, which is valid for ten years. */
  readonly certificate: LocallySignedCert;

  constructor(scope: Construct, id: string, props: SignedCertificateProps) {
    super(scope, id);
    const { authority, keyType = authority.keyType, commonName, dnsNames, ipAddresses, uses } = props;
    this.key = new PrivateKey(this, "key", keyTypes[keyType]);
    const request = new CertRequest(this, "request", {
      privateKeyPem: this.key.privateKeyPem,
      subject: [{ commonName }],
      dnsNames: dnsNames && [...dnsNames],
      ipAddresses: ipAddresses && [...ipAddresses],
    });
    this.certificate = new LocallySignedCert(this, "certificate", {
      certRequestPem: request.certRequestPem,
      caPrivateKeyPem: authority.key.privateKeyPem,
      caCertPem: authority.certificate.certPem,
      allowedUses: ["digital_signature", "key_encipherment", ...uses],
      validityPeriodHours: validityHours.certificate,
      earlyRenewalHours: 0,
    });
  }
}
