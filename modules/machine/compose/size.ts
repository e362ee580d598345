import { createHash } from "node:crypto";
import type { Config, ServerConfig } from "../../config/schema.js";
import { applicationSecretName, secretFilesOf, type SecretFile, type SecretName } from "../../derived/secrets.js";
import { once, oncePerServer } from "./once.js";
import { decisiveHash } from "./payload.js";
import { secretParts, secretsAtHand, serverUserData, type SecretSource } from "./user-data.js";

/** Hetzner's limit for user data. */
export const maximumBytes = 32 * 1024;

/** The review warns from this size, so that 4 KiB remain for later additions. */
export const warningBytes = 28 * 1024;

/**
 * Length of each secret in bytes, rounded up; of both secrets if a server has two during a rotation. Keys and certificates are PEM, ECDSA
 * P-256 except for the first origin pull CA (RSA); passwords have 32 characters.
 */
const secretBytes: Readonly<Record<Exclude<SecretName, `application.${string}` | "originPullCa">, number>> = {
  applicationDatabasePassword: 32,
  applicationDatabasePasswords: 69,
  migrationsDatabasePassword: 32,
  migrationsDatabasePasswords: 69,
  replicationPasswords: 69,
  monitoringPassword: 32,
  monitoringPasswords: 69,
  mysqlCa: 1240,
  mysqlServerCertificate: 800,
  mysqlServerKey: 240,
  edgeTokens: 97,
  originCertificate: 1200,
  originKey: 240,
  datadogApiKey: 32,
  sshHostKey: 120,
  releaseKey: 64,
  backupBucketKey: 64,
  restoreBucketKey: 64,
  restorePrivateKey: 75,
};

/** Length of the origin pull CAs by generation: RSA; RSA and ECDSA; later two of ECDSA. */
const originPullCaBytes = (generation: number): number => [1200, 1860][generation - 1] ?? 1320;

/** Additional bytes if the origin has an RSA key of 2048 bits. */
const rsaMoreBytes: Readonly<Partial<Record<SecretName, number>>> = { originCertificate: 500, originKey: 1464 };

/** Length of a secret in bytes; for the application's secrets, the maximum. */
function bytesOf({ application, certificate, generations }: Config, name: SecretName): number {
  if (name === "originPullCa") return originPullCaBytes(generations.originPullAuthority);
  if (name in secretBytes)
    return (
      secretBytes[name as keyof typeof secretBytes] + (certificate.keyType === "rsa" ? (rsaMoreBytes[name] ?? 0) : 0)
    );
  return application.secrets[name.slice(applicationSecretName("").length)]?.maxBytes ?? 0;
}

/** A text of this length that compresses as little as a secret and differs from the other secrets. */
const incompressible = (name: string, bytes: number): string =>
  Array.from({ length: Math.ceil(bytes / 44) }, (_, index) =>
    createHash("sha256").update(`${name} ${index}`).digest("base64"),
  )
    .join("")
    .slice(0, bytes);

/** Secrets of realistic length. */
const realistic = (config: Config): SecretSource =>
  secretsAtHand((name) => incompressible(name, bytesOf(config, name)));

/** Secret files with contents of realistic length, cached for servers with the same files. */
const realisticParts = once(
  (files: readonly SecretFile[]) => files.map(({ path }) => path).join(),
  (config, files) => secretParts(files, realistic(config)),
);

/** Size in bytes of a server's user data as sent to Hetzner, with secrets of realistic length. The policy payload-fits checks it. */
export const payloadSize = oncePerServer((config, server) => {
  const { shared, own } = secretFilesOf(config, server);
  const secrets = [shared, own].flatMap((files) => realisticParts(config, files));
  return Buffer.byteLength(serverUserData({ config, server, secrets }));
});

/** The generation of the server's origin certificate; empty if it has none. */
const certificateOf = (config: Config, server: ServerConfig): string =>
  config.tls === "passthrough" && server.roles.includes("web") ? `generation ${config.certificate.generation}` : "";

/** The configuration with the previous origin certificate: a server that got the current one by a rotation was created with it. */
export const withCertificateBefore = (config: Config): Config => ({
  ...config,
  certificate: { ...config.certificate, generation: config.certificate.generation - 1 },
});

/**
 * Short hash of the payload that decides whether a server is outdated, and of its certificate's generation. Fits a Hetzner label.
 */
export const payloadHash = oncePerServer((config, server) =>
  createHash("sha256")
    .update(decisiveHash(config, server))
    .update(certificateOf(config, server))
    .digest("hex")
    .slice(0, 12),
);
