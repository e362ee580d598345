import { OriginCaCertificate } from "@cdktf/provider-cloudflare/lib/origin-ca-certificate/index.js";
import { CertRequest } from "@cdktf/provider-tls/lib/cert-request/index.js";
import { PrivateKey } from "@cdktf/provider-tls/lib/private-key/index.js";
import { Fn, Op, type Precondition, type TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { keyTypes } from "./certificates/keys.js";
import { formerDomain, type Config } from "../config/schema.js";
import { OldestAccepted } from "./rotation.js";

/** Returns the names of a domain: the apex and all names one level below. */
const namesOf = (domain: string): readonly string[] => [`*.${domain}`, domain];

/**
 * Returns the names of the certificate. During a change of the domain, the certificate has the names of both domains,
 * so that both load balancers can use it. The names have the same order as in Cloudflare's responses, because every
 * plan would otherwise replace the certificate.
 */
function hostnamesOf(config: Config): readonly string[] {
  const former = formerDomain(config);
  return [config.domain, ...(former === undefined ? [] : [former])].flatMap(namesOf).sort();
}

/** Cloudflare's name of the request type for each key type. */
const requestTypes = { rsa: "origin-rsa", ecdsa: "origin-ecc" } as const;

/** Properties of {@link OriginCertificate}. */
export interface OriginCertificateProps {
  readonly config: Config;
}

/**
 * A private key, and the certificate that Cloudflare's Origin CA issues for the apex and its direct subdomains. Only
 * Cloudflare trusts this certificate.
 * The construct id contains the generation. If Terraform destroys a certificate, Cloudflare revokes it. The stack
 * therefore keeps the certificate of the previous generation until `npm run ops rotate` has checked that no server
 * presents it.
 */
export class OriginCertificate extends Construct {
  /** Private key of the certificate, created by Terraform. Cloudflare receives only the certificate request. */
  readonly key: PrivateKey;
  /** Certificate that Cloudflare issued. */
  readonly certificate: OriginCaCertificate;

  constructor(scope: Construct, id: string, { config }: OriginCertificateProps) {
    super(scope, id);
    const lifecycle = { createBeforeDestroy: true };
    const hostnames = [...hostnamesOf(config)];
    this.key = new PrivateKey(this, "key", {
      ...keyTypes[config.certificate.keyType],
      lifecycle: { ...lifecycle, ignoreChanges: ["algorithm", "ecdsa_curve", "rsa_bits"] },
    });
    const request = new CertRequest(this, "request", {
      privateKeyPem: this.key.privateKeyPem,
      subject: [{ commonName: config.domain }],
      dnsNames: hostnames,
      lifecycle: { ...lifecycle, ignoreChanges: ["subject", "dns_names"] },
    });
    this.certificate = new OriginCaCertificate(this, "certificate", {
      csr: request.certRequestPem,
      hostnames,
      requestType: requestTypes[config.certificate.keyType],
      requestedValidity: config.certificate.validityDays,
      // Ignores changes of these attributes, because a replacement would revoke the certificate in use. The next
      // generation applies the changes.
      lifecycle: { ...lifecycle, ignoreChanges: ["csr", "hostnames", "request_type", "requested_validity"] },
    });
  }
}

const nextGeneration = "Raise certificate.generation by one to issue a new certificate.";

/**
 * Returns a precondition that rejects a plan if the certificate lacks host names of the configured domain. Cloudflare
 * would not accept such a certificate from the origin.
 */
export const coversNames = ({ certificate }: OriginCertificate, { domain }: Config): Precondition => ({
  // The condition uses `<` instead of `==`, because cdktf's Op writes 0 as `undefined`.
  condition: Op.lt(Fn.lengthOf(Fn.setsubtract([...namesOf(domain)], certificate.hostnames)), 1),
  errorMessage: `The origin certificate was not issued for the names of ${domain}. ${nextGeneration}`,
});

/**
 * Creates the certificates of the configured and the previous generation. Plans report changed host names, validity or
 * key type, because these changes need a new generation.
 */
export function originCertificates(
  stack: TerraformStack,
  config: Config,
): { readonly current: OriginCertificate; readonly stage: OldestAccepted["stage"] } {
  const { generation, keyType, validityDays } = config.certificate;
  const issue = (number: number): OriginCertificate =>
    new OriginCertificate(stack, `origin-certificate-${number}`, { config });
  const oldest = new OldestAccepted(stack, { what: "origin-certificate", generation });
  // Keeps the previous certificate while it is accepted, because Cloudflare revokes a destroyed certificate.
  if (generation > 1) issue(generation - 1).certificate.addOverride("count", oldest.countBefore);
  const current = issue(generation);
  // cdktf has no construct for check blocks.
  const names = coversNames(current, config);
  stack.addOverride("check.origin_certificate", {
    assert: [
      oldest.assertion,
      {
        condition: Op.eq(current.certificate.requestedValidity, validityDays),
        error_message: `The origin certificate was issued with a validity other than ${validityDays} days. ${nextGeneration}`,
      },
      { condition: names.condition as unknown, error_message: names.errorMessage },
      {
        condition: Op.eq(current.certificate.requestType, requestTypes[keyType]),
        error_message: `The origin certificate was not issued for a key of type ${keyType}. ${nextGeneration}`,
      },
    ],
  });
  return { current, stage: oldest.stage };
}
