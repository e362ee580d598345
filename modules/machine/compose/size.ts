import { createHash } from "node:crypto";
import type { Config, ServerConfig } from "../../config/schema.js";
import { applicationSecretName, secretFilesOf, type SecretFile, type SecretName } from "../../derived/secrets.js";
import { once, oncePerServer } from "./once.js";
import { decisiveHash } from "./payload.js";
import { secretParts, secretsAtHand, serverUserData, type SecretSource } from "./user-data.js";

/** Maximum size of user data at Hetzner, in bytes. */
export const maximumBytes = 32 * 1024;

/** Size of user data in bytes above which the review warns. The warning leaves 4 KiB for later additions. */
export const warningBytes = 28 * 1024;

/**
 * Length of each secret in bytes, rounded up. If a secret has two values during a rotation, the length includes both
 * values. Keys and certificates are in PEM format and use ECDSA P-256, except the first origin pull CA, which uses RSA.
 * Passwords have 32 characters.
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

/**
 * Returns the length in bytes of the CA certificates that verify Cloudflare's client certificate (origin pull CAs).
 * Generation 1 has one RSA certificate. Generation 2 has one RSA and one ECDSA certificate. Later generations have two
 * ECDSA certificates.
 */
const originPullCaBytes = (generation: number): number => [1200, 1860][generation - 1] ?? 1320;

/** Additional length of a secret in bytes if the origin certificate has an RSA key of 2048 bits. */
const rsaMoreBytes: Readonly<Partial<Record<SecretName, number>>> = { originCertificate: 500, originKey: 1464 };

/** Returns the length of a secret in bytes. For a secret of the application, returns its maximum length. */
function bytesOf({ application, certificate, generations }: Config, name: SecretName): number {
  if (name === "originPullCa") return originPullCaBytes(generations.originPullAuthority);
  if (name in secretBytes)
    return (
      secretBytes[name as keyof typeof secretBytes] + (certificate.keyType === "rsa" ? (rsaMoreBytes[name] ?? 0) : 0)
    );
  return application.secrets[name.slice(applicationSecretName("").length)]?.maxBytes ?? 0;
}

/**
 * Returns a random-looking text of the given length, because secrets do not compress well. Different names give
 * different texts.
 */
const incompressible = (name: string, bytes: number): string =>
  Array.from({ length: Math.ceil(bytes / 44) }, (_, index) =>
    createHash("sha256").update(`${name} ${index}`).digest("base64"),
  )
    .join("")
    .slice(0, bytes);

/** Returns placeholder secrets with the same lengths as real secrets. */
const realistic = (config: Config): SecretSource =>
  secretsAtHand((name) => incompressible(name, bytesOf(config, name)));

/** Returns the MIME parts with placeholder secrets. The result is cached for servers with the same secret files. */
const realisticParts = once(
  (files: readonly SecretFile[]) => files.map(({ path }) => path).join(),
  (config, files) => secretParts(files, realistic(config)),
);

/**
 * Returns the size in bytes of a server's user data as sent to Hetzner. Placeholder secrets with realistic lengths
 * replace the real secrets. The policy payload-fits checks this size.
 */
export const payloadSize = oncePerServer((config, server) => {
  const { shared, own } = secretFilesOf(config, server);
  const secrets = [shared, own].flatMap((files) => realisticParts(config, files));
  return Buffer.byteLength(serverUserData({ config, server, secrets }));
});

/** Returns the generation of the server's origin certificate, or an empty text if the server has no origin certificate. */
const certificateOf = (config: Config, server: ServerConfig): string =>
  config.tls === "passthrough" && server.roles.includes("web") ? `generation ${config.certificate.generation}` : "";

/**
 * Returns the configuration with the previous generation of the origin certificate. A server whose certificate was
 * replaced by a rotation was created with this configuration.
 */
export const withCertificateBefore = (config: Config): Config => ({
  ...config,
  certificate: { ...config.certificate, generation: config.certificate.generation - 1 },
});

/**
 * Returns a short hash of the server's payload and of the generation of its origin certificate. A server with another hash is outdated. The
 * hash fits into a Hetzner label.
 */
export const payloadHash = oncePerServer((config, server) =>
  createHash("sha256")
    .update(decisiveHash(config, server))
    .update(certificateOf(config, server))
    .digest("hex")
    .slice(0, 12),
);
