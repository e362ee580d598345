import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { run } from "../system/shell.js";

/** Paths of the PEM files of a certificate and the certificate's key. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Subject data of a certificate. */
export interface CertificateProps {
  /** Common name of the subject. */
  readonly commonName: string;
  /** DNS names for which the certificate is valid. @default - none */
  readonly dnsNames?: readonly string[];
  /** IP addresses for which the certificate is valid. @default - none */
  readonly addresses?: readonly string[];
}

const pairIn = (directory: string, name: string): KeyPair => ({
  certificate: path.join(directory, `${name}.pem`),
  key: path.join(directory, `${name}.key`),
});

const keyOptions = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Creates a certificate authority with the files `<name>.pem` and `<name>.key` if the files do not exist. */
export async function authority(directory: string, name: string, commonName: string): Promise<KeyPair> {
  const pair = pairIn(directory, name);
  if (existsSync(pair.certificate)) return pair;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const subject = ["-subj", `/O=foobar lab/CN=${commonName}`, "-addext", "keyUsage=critical,keyCertSign,cRLSign"];
  await run("openssl", [
    "req",
    "-x509",
    ...keyOptions,
    "-days",
    "3650",
    ...subject,
    "-keyout",
    pair.key,
    "-out",
    pair.certificate,
  ]);
  return pair;
}

/** Issues a certificate for servers and clients if the certificate does not exist. */
export async function issue(
  issuer: KeyPair,
  directory: string,
  name: string,
  { commonName, dnsNames = [], addresses = [] }: CertificateProps,
): Promise<KeyPair> {
  const pair = pairIn(directory, name);
  if (existsSync(pair.certificate)) return pair;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const names = [...dnsNames.map((dns) => `DNS:${dns}`), ...addresses.map((address) => `IP:${address}`)];
  const extensions = [
    "basicConstraints=critical,CA:FALSE",
    "extendedKeyUsage=serverAuth,clientAuth",
    ...(names.length > 0 ? [`subjectAltName=${names.join(",")}`] : []),
  ];
  const ca = ["-CA", issuer.certificate, "-CAkey", issuer.key];
  const request = ["req", "-x509", ...keyOptions, ...ca, "-days", "365", "-subj", `/CN=${commonName}`];
  const more = extensions.flatMap((extension) => ["-addext", extension]);
  await run("openssl", [...request, ...more, "-keyout", pair.key, "-out", pair.certificate]);
  return pair;
}
