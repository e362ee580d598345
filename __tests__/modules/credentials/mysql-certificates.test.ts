import { describe, expect, it } from "vitest";
import type { Config } from "../../../modules/config/schema.js";
import { MysqlCertificates } from "../../../modules/credentials/mysql-certificates.js";
import { exampleConfig } from "../../support/config.js";
import { splitServers } from "../../support/servers.js";
import { onlyResource, resources, synthesize } from "../../support/synth.js";

const certificates = (config: Config, generation?: number) =>
  synthesize(config, (stack) => new MysqlCertificates(stack, "mysql", { config, generation }));

describe("MysqlCertificates, defaults", () => {
  const synthesized = certificates(exampleConfig());

  it("MysqlCertificates has one private CA that is valid for twenty years and is never renewed by date", () => {
    expect(onlyResource(synthesized, "tls_self_signed_cert")).toEqual({
      private_key_pem: "${tls_private_key.mysql_authority_key.private_key_pem}",
      subject: [{ common_name: "production MySQL CA" }],
      is_ca_certificate: true,
      set_subject_key_id: true,
      allowed_uses: ["cert_signing", "crl_signing"],
      validity_period_hours: 175_320,
      early_renewal_hours: 0,
    });
  });

  it("MysqlCertificates has a different CA name in each generation, because OpenSSL finds a certificate's authority by name", () => {
    expect(onlyResource(certificates(exampleConfig(), 2), "tls_self_signed_cert")).toMatchObject({
      subject: [{ common_name: "production MySQL CA 2" }],
    });
  });

  it("MysqlCertificates signs a certificate for each member, for use as server and as client", () => {
    const signed = resources(synthesized, "tls_locally_signed_cert");
    expect(Object.keys(signed)).toEqual([
      "mysql_alpha_certificate",
      "mysql_bravo_certificate",
      "mysql_charlie_certificate",
    ]);
    expect(signed["mysql_bravo_certificate"]).toEqual({
      cert_request_pem: "${tls_cert_request.mysql_bravo_request.cert_request_pem}",
      ca_private_key_pem: "${tls_private_key.mysql_authority_key.private_key_pem}",
      ca_cert_pem: "${tls_self_signed_cert.mysql_authority_certificate.cert_pem}",
      allowed_uses: ["digital_signature", "key_encipherment", "server_auth", "client_auth"],
      validity_period_hours: 87_660,
      early_renewal_hours: 0,
    });
  });

  it("MysqlCertificates issues certificates for the server's name, its private address and the name that clients verify", () => {
    expect(resources(synthesized, "tls_cert_request")["mysql_bravo_request"]).toEqual({
      private_key_pem: "${tls_private_key.mysql_bravo_key.private_key_pem}",
      subject: [{ common_name: "bravo" }],
      dns_names: ["bravo", "mysql.internal"],
      ip_addresses: ["10.0.1.12"],
    });
  });

  it("MysqlCertificates creates only P-256 keys, one for each certificate", () => {
    const keys = Object.values(resources(synthesized, "tls_private_key"));
    expect(keys).toEqual(Array.from({ length: 4 }, () => ({ algorithm: "ECDSA", ecdsa_curve: "P256" })));
  });
});

it("MysqlCertificates creates no certificate for web servers", () => {
  const config = exampleConfig({ servers: splitServers });
  expect(Object.keys(resources(certificates(config), "tls_locally_signed_cert"))).toEqual([
    "mysql_left_certificate",
    "mysql_middle_certificate",
    "mysql_right_certificate",
  ]);
});
