import { createHash } from "node:crypto";
import type { Config, ServerConfig } from "../../config/schema.js";
import { applicationSecretName, secretFilesOf, type SecretFile, type SecretName } from "../../config/secrets.js";
import { once, oncePerServer } from "./once.js";
import { decisiveHash } from "./payload.js";
import { secretParts, secretsAtHand, serverUserData, type SecretSource } from "./user-data.js";

/** Hetzner takes at most this much user data. */
export const maximumBytes = 32 * 1024;

/** From this size on the review warns: an eighth of Hetzner's limit is kept for what is still to come. */
export const warningBytes = 28 * 1024;

/**
 * Length of each secret in bytes, rounded up, and of two where a server may have both for the time of a rotation: keys and certificates in
 * PEM, ECDSA P-256 but for the origin pull CA, which is RSA; passwords of 32 characters; Cloudflare's certificates as it issues them.
 */
const secretBytes: Readonly<Record<Exclude<SecretName, `application.${string}`>, number>> = {
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
  originPullCa: 1200,
  datadogApiKey: 32,
  sshHostKey: 120,
  releaseKey: 64,
  backupBucketKey: 64,
  restoreBucketKey: 64,
  restorePrivateKey: 75,
};

/** What an RSA key of 2048 bits adds where the origin has one. */
const rsaMoreBytes: Readonly<Partial<Record<SecretName, number>>> = { originCertificate: 500, originKey: 1464 };

/** Length of a secret, in bytes; of one of the application's as much as it may have. */
function bytesOf({ application, certificate }: Config, name: SecretName): number {
  if (name in secretBytes)
    return (
      secretBytes[name as keyof typeof secretBytes] + (certificate.keyType === "rsa" ? (rsaMoreBytes[name] ?? 0) : 0)
    );
  return application.secrets[name.slice(applicationSecretName("").length)]?.maxBytes ?? 0;
}

/** A text of this length that compresses as little as a secret does, and is like no other secret. */
const incompressible = (name: string, bytes: number): string =>
  Array.from({ length: Math.ceil(bytes / 44) }, (_, index) =>
    createHash("sha256").update(`${name} ${index}`).digest("base64"),
  )
    .join("")
    .slice(0, bytes);

/** Secrets of realistic length. */
const realistic = (config: Config): SecretSource =>
  secretsAtHand((name) => incompressible(name, bytesOf(config, name)));

/** Secret files with contents of realistic length, made once for all servers that have the same files. */
const realisticParts = once(
  (files: readonly SecretFile[]) => files.map(({ path }) => path).join(),
  (config, files) => secretParts(files, realistic(config)),
);

/** Size of a server's user data as Hetzner takes it, in bytes, with secrets of realistic length. The policy payload-fits judges it. */
export const payloadSize = oncePerServer((config, server) => {
  const { shared, own } = secretFilesOf(config, server);
  const secrets = [shared, own].flatMap((files) => realisticParts(config, files));
  return Buffer.byteLength(serverUserData({ config, server, secrets }));
});

/** Which origin certificate a server carries, if it carries one. */
const certificateOf = (config: Config, server: ServerConfig): string =>
  config.tls === "passthrough" && server.roles.includes("web") ? `generation ${config.certificate.generation}` : "";

/** The configuration with the generation of the origin certificate before: what a server was made for that has been given the new one since. */
export const withCertificateBefore = (config: Config): Config => ({
  ...config,
  certificate: { ...config.certificate, generation: config.certificate.generation - 1 },
});

/**
 * Short hash of what only a new server gets: the payload as far as it decides whether a server is outdated, and which certificate comes
 * with it. Fits a label of Hetzner's.
 */
export const payloadHash = oncePerServer((config, server) =>
  createHash("sha256")
    .update(decisiveHash(config, server))
    .update(certificateOf(config, server))
    .digest("hex")
    .slice(0, 12),
);
