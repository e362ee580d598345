import { describe, expect, it } from "vitest";
import type { Config } from "../../../modules/config/schema.js";
import { originCertificates } from "../../../modules/credentials/origin-certificate.js";
import { exampleConfig } from "../../support/config.js";
import { addressesIn, onlyResource, resources, synthesize } from "../../support/synth.js";

const issue = (config: Config) => synthesize(config, (stack) => originCertificates(stack, config));
const synthesized = issue(exampleConfig());

describe("origin certificate, defaults", () => {
  it("is issued for a year, for the sorted names below and at the apex", () => {
    expect(onlyResource(synthesized, "cloudflare_origin_ca_certificate")).toEqual({
      csr: "${tls_cert_request.origin-certificate-1_request.cert_request_pem}",
      hostnames: ["*.foobar.com", "foobar.com"],
      request_type: "origin-rsa",
      requested_validity: 365,
      lifecycle: {
        create_before_destroy: true,
        ignore_changes: ["csr", "hostnames", "request_type", "requested_validity"],
      },
    });
  });

  it("has an RSA key, which is what origin-rsa asks for; a key in use keeps its type whatever is configured", () => {
    expect(onlyResource(synthesized, "tls_private_key")).toEqual({
      algorithm: "RSA",
      rsa_bits: 2048,
      lifecycle: { create_before_destroy: true, ignore_changes: ["algorithm", "ecdsa_curve", "rsa_bits"] },
    });
  });

  it("is created before its predecessor is destroyed, request included", () => {
    expect(onlyResource(synthesized, "tls_cert_request")).toMatchObject({
      dns_names: ["*.foobar.com", "foobar.com"],
      lifecycle: { create_before_destroy: true, ignore_changes: ["subject", "dns_names"] },
    });
  });
});

describe("origin certificate, everything set", () => {
  it("takes validity and domain from the configuration", () => {
    const config = exampleConfig({ domain: "shop.example.org", certificate: { validityDays: 90 } });
    expect(onlyResource(issue(config), "cloudflare_origin_ca_certificate")).toMatchObject({
      hostnames: ["*.shop.example.org", "shop.example.org"],
      requested_validity: 90,
    });
  });
});

describe("origin certificate with an ECDSA key", () => {
  it("asks for it in Cloudflare's word", () => {
    const stack = issue(exampleConfig({ certificate: { keyType: "ecdsa" } }));
    expect(onlyResource(stack, "cloudflare_origin_ca_certificate")).toMatchObject({ request_type: "origin-ecc" });
    expect(onlyResource(stack, "tls_private_key")).toMatchObject({ algorithm: "ECDSA", ecdsa_curve: "P256" });
  });
});

describe("rotation", () => {
  it("begins with the second generation: the first raise keeps the first, which is in use", () => {
    const certificates = (generation: number) =>
      addressesIn(issue(exampleConfig({ certificate: { generation } }))).filter((address) =>
        address.startsWith("cloudflare_origin_ca_certificate."),
      );
    expect(certificates(1)).toEqual(["cloudflare_origin_ca_certificate.origin-certificate-1_certificate"]);
    expect(certificates(2)).toEqual([
      "cloudflare_origin_ca_certificate.origin-certificate-1_certificate",
      "cloudflare_origin_ca_certificate.origin-certificate-2_certificate",
    ]);
  });

  it("keeps the previous generation, which destroying would revoke while it is in use", () => {
    expect(addressesIn(issue(exampleConfig({ certificate: { generation: 3 } })))).toEqual([
      "cloudflare_origin_ca_certificate.origin-certificate-2_certificate",
      "cloudflare_origin_ca_certificate.origin-certificate-3_certificate",
      "terraform_data.origin-certificate_oldest",
      "tls_cert_request.origin-certificate-2_request",
      "tls_cert_request.origin-certificate-3_request",
      "tls_private_key.origin-certificate-2_key",
      "tls_private_key.origin-certificate-3_key",
    ]);
  });

  it("revokes the previous one when the state says that nobody shows it any more, and never the configured one", () => {
    const certificates = resources(
      issue(exampleConfig({ certificate: { generation: 3 } })),
      "cloudflare_origin_ca_certificate",
    );
    expect(certificates["origin-certificate-2_certificate"]).toMatchObject({
      count: "${terraform_data.origin-certificate_oldest.input == 3 ? 0 : 1}",
    });
    expect(certificates["origin-certificate-3_certificate"]).not.toHaveProperty("count");
  });

  it("is refused a second time before the first is at its end, and begins anywhere", () => {
    const oldest = (generation: number) =>
      resources(issue(exampleConfig({ certificate: { generation } })), "terraform_data")["origin-certificate_oldest"];
    expect(oldest(1)).toMatchObject({ input: 1 });
    expect(oldest(3)).toMatchObject({
      input: 2,
      lifecycle: {
        ignore_changes: ["input"],
        postcondition: [
          {
            condition: "${contains([2, 3], self.input)}",
            error_message: expect.stringMatching(/^certificate.generation is 3, .* Raise it by one/) as string,
          },
        ],
      },
    });
  });

  it("hands out the configured generation", () => {
    const config = exampleConfig({ certificate: { generation: 3 } });
    synthesize(config, (stack) => {
      expect(originCertificates(stack, config).current.node.id).toBe("origin-certificate-3");
    });
  });

  it("is asked for by every plan while validity, names or type of key of the certificate are not the configured ones", () => {
    expect(issue(exampleConfig({ certificate: { generation: 3, validityDays: 90 } })).check).toEqual({
      origin_certificate: {
        assert: [
          {
            condition: "${(terraform_data.origin-certificate_oldest.input == 3)}",
            error_message:
              "certificate.generation is 3, and an older one is still in force: npm run ops rotate origin-certificate",
          },
          {
            condition:
              "${(cloudflare_origin_ca_certificate.origin-certificate-3_certificate.requested_validity == 90)}",
            error_message:
              "The origin certificate was issued for another validity than 90 days. Raise certificate.generation by one to issue a new one.",
          },
          {
            condition:
              '${(length(setsubtract(["*.foobar.com", "foobar.com"], cloudflare_origin_ca_certificate.origin-certificate-3_certificate.hostnames)) < 1)}',
            error_message:
              "The origin certificate was issued for other names than those of foobar.com. Raise certificate.generation by one to issue a new one.",
          },
          {
            condition:
              '${(cloudflare_origin_ca_certificate.origin-certificate-3_certificate.request_type == "origin-rsa")}',
            error_message:
              "The origin certificate was issued for a key of another type than rsa. Raise certificate.generation by one to issue a new one.",
          },
        ],
      },
    });
  });
});
