import { CertRequest } from "@cdktf/provider-tls/lib/cert-request/index.js";
import { LocallySignedCert } from "@cdktf/provider-tls/lib/locally-signed-cert/index.js";
import { PrivateKey } from "@cdktf/provider-tls/lib/private-key/index.js";
import { Construct } from "constructs";
import type { CertificateAuthority } from "./certificate-authority.js";
import { keyTypes, validityHours, type KeyType } from "./keys.js";

/** Properties of {@link SignedCertificate}. */
export interface SignedCertificateProps {
  /** Authority that signs the certificate. */
  readonly authority: CertificateAuthority;
  /** @default - the type of the authority's key */
  readonly keyType?: KeyType;
  /** Name of its subject. */
  readonly commonName: string;
  /** DNS names that it is valid for. @default - none */
  readonly dnsNames?: readonly string[];
  /** IP addresses that it is valid for. @default - none */
  readonly ipAddresses?: readonly string[];
  /** Allowed uses: server, client or both. */
  readonly uses: readonly ("server_auth" | "client_auth")[];
}

/** A key and a certificate that the authority signed. */
export class SignedCertificate extends Construct {
  /** Private key of its holder. */
  readonly key: PrivateKey;
  /** The certificate, valid for ten years. */
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
