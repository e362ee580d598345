import { generateKeyPairSync, sign } from "node:crypto";

/** A self-signed certificate with its private key. Each test run creates a new certificate. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Creates a self-signed certificate for one DNS name. The function contains only the necessary part of DER (X.690) and X.509 (RFC 5280), so
 * that the tests need no tool.
 */
export const makeCertificate = (dnsName: string): TestCertificate => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const name = sequence(der(0x31, sequence(oid.commonName, der(0x0c, Buffer.from(dnsName)))));
  const day = 24 * 3600 * 1000;
  const body = sequence(
    der(0xa0, integer(2)), // version 3
    integer(1), // serial number
    sequence(oid.ecdsaWithSha256),
    name,
    sequence(utcTime(Date.now() - day), utcTime(Date.now() + day)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(sequence(oid.subjectAltName, der(0x04, sequence(der(0x82, Buffer.from(dnsName))))))),
  );
  const signature = der(0x03, Buffer.concat([Buffer.of(0), sign("sha256", body, privateKey)]));
  const base64 = sequence(body, sequence(oid.ecdsaWithSha256), signature).toString("base64");
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
};

const oid = {
  commonName: Buffer.from("0603550403", "hex"),
  subjectAltName: Buffer.from("0603551d11", "hex"),
  ecdsaWithSha256: Buffer.from("06082a8648ce3d040302", "hex"),
};

const der = (tag: number, content: Buffer): Buffer => Buffer.concat([Buffer.of(tag), length(content.length), content]);

const length = (bytes: number): Buffer =>
  bytes < 0x80 ? Buffer.of(bytes) : bytes < 0x100 ? Buffer.of(0x81, bytes) : Buffer.of(0x82, bytes >> 8, bytes & 0xff);

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, Buffer.concat(parts));

const integer = (value: number): Buffer => der(0x02, Buffer.of(value));

const utcTime = (milliseconds: number): Buffer => {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]/g, "");
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
};
