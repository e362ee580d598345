import { describe, expect, it } from "vitest";
import type { Config } from "../../../modules/config/schema.js";
import { originCertificates } from "../../../modules/credentials/origin-certificate.js";
import { exampleConfig } from "../../support/config.js";
import { addressesIn, onlyResource, resources, synthesize } from "../../support/synth.js";

const issue = (config: Config) => synthesize(config, (stack) => originCertificates(stack, config));
const synthesized = issue(exampleConfig());

it("by default, the origin certificate is valid for a year and for the apex domain and its subdomains", () => {
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

it("by default, the origin certificate has an RSA key, and a key in use never changes its type", () => {
  expect(onlyResource(synthesized, "tls_private_key")).toEqual({
    algorithm: "RSA",
    rsa_bits: 2048,
    lifecycle: { create_before_destroy: true, ignore_changes: ["algorithm", "ecdsa_curve", "rsa_bits"] },
  });
});

it("a new origin certificate and its request are created before the previous certificate is destroyed", () => {
  expect(onlyResource(synthesized, "tls_cert_request")).toMatchObject({
    dns_names: ["*.foobar.com", "foobar.com"],
    lifecycle: { create_before_destroy: true, ignore_changes: ["subject", "dns_names"] },
  });
});

it("the origin certificate has the configured validity and domain", () => {
  const config = exampleConfig({ domain: "shop.example.org", certificate: { validityDays: 90 } });
  expect(onlyResource(issue(config), "cloudflare_origin_ca_certificate")).toMatchObject({
    hostnames: ["*.shop.example.org", "shop.example.org"],
    requested_validity: 90,
  });
});

it("an origin certificate with an ECDSA key uses Cloudflare's request type origin-ecc", () => {
  const stack = issue(exampleConfig({ certificate: { keyType: "ecdsa" } }));
  expect(onlyResource(stack, "cloudflare_origin_ca_certificate")).toMatchObject({ request_type: "origin-ecc" });
  expect(onlyResource(stack, "tls_private_key")).toMatchObject({ algorithm: "ECDSA", ecdsa_curve: "P256" });
});

describe("a rotation of the origin certificate", () => {
  it("a rotation of the origin certificate does not destroy the previous certificate, because this would revoke a certificate in use", () => {
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

  it("a rotation of the origin certificate revokes the previous certificate once the Terraform state marks it as unused, but never the new one", () => {
    const certificates = resources(
      issue(exampleConfig({ certificate: { generation: 3 } })),
      "cloudflare_origin_ca_certificate",
    );
    expect(certificates["origin-certificate-2_certificate"]).toMatchObject({
      count: "${terraform_data.origin-certificate_oldest.input == 3 ? 0 : 1}",
    });
    expect(certificates["origin-certificate-3_certificate"]).not.toHaveProperty("count");
  });

  it("a rotation of the origin certificate is rejected while another rotation is unfinished; otherwise it may begin at any generation", () => {
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
            error_message: expect.stringMatching(/^certificate.generation is 3, .* Raise the setting by one/) as string,
          },
        ],
      },
    });
  });

  it("the credentials stack provides the configured generation of the origin certificate to other stacks", () => {
    const config = exampleConfig({ certificate: { generation: 3 } });
    synthesize(config, (stack) => {
      expect(originCertificates(stack, config).current.node.id).toBe("origin-certificate-3");
    });
  });

  it("every plan requests a rotation if validity, names or key type of the certificate differ from the configuration", () => {
    expect(issue(exampleConfig({ certificate: { generation: 3, validityDays: 90 } })).check).toEqual({
      origin_certificate: {
        assert: [
          {
            condition: "${(terraform_data.origin-certificate_oldest.input == 3)}",
            error_message:
              "certificate.generation is 3, but an older generation is still accepted. Run npm run ops rotate origin-certificate.",
          },
          {
            condition:
              "${(cloudflare_origin_ca_certificate.origin-certificate-3_certificate.requested_validity == 90)}",
            error_message:
              "The origin certificate was issued with a validity other than 90 days. Raise certificate.generation by one to issue a new certificate.",
          },
          {
            condition:
              '${(length(setsubtract(["*.foobar.com", "foobar.com"], cloudflare_origin_ca_certificate.origin-certificate-3_certificate.hostnames)) < 1)}',
            error_message:
              "The origin certificate was not issued for the names of foobar.com. Raise certificate.generation by one to issue a new certificate.",
          },
          {
            condition:
              '${(cloudflare_origin_ca_certificate.origin-certificate-3_certificate.request_type == "origin-rsa")}',
            error_message:
              "The origin certificate was not issued for a key of type rsa. Raise certificate.generation by one to issue a new certificate.",
          },
        ],
      },
    });
  });
});
