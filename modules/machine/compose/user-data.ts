import { gzipSync } from "node:zlib";
import type { Config, ServerConfig } from "../../config/schema.js";
import { secretFilesOf, type SecretFile, type SecretName } from "../../derived/secrets.js";
import { appending, renderCloudConfig, Written } from "./cloud-config.js";
import { oncePerRoles, oncePerServer } from "./once.js";
import { users } from "../../platform/users.js";
import { ownTextOf, sharedTextOf } from "./payload.js";

/** Source of secret values: Terraform references, or plain values in the lab. */
export interface SecretSource {
  /** Value of a secret. */
  readonly value: (name: SecretName) => string;
  /** Encodes a file's content as JSON text, or as base64 if `given`; in Terraform when it applies, otherwise immediately. */
  readonly encode: (content: string, file: SecretFile) => string;
  /** Compresses a text with gzip and encodes it as base64. */
  readonly compress: (text: string) => string;
}

const boundary = "==platform-payload==";

/**
 * Compresses a text as base64. Byte 9 of gzip's header (operating system) is set to "unknown", so that equal texts give equal bytes
 * everywhere.
 */
function compress(text: string): string {
  const bytes = gzipSync(text);
  bytes[9] = 0xff;
  return bytes.toString("base64");
}

/** Source of known secrets, as in the lab. */
export const secretsAtHand = (value: SecretSource["value"]): SecretSource => ({
  value,
  encode: (content, { given }) => (given ? Buffer.from(content).toString("base64") : JSON.stringify(content)),
  compress,
});

/** Compressed cloud-config shared by servers with the same roles, without secrets and references. */
export const compressedShared = oncePerRoles((config, roles) => compress(sharedTextOf(config, roles)));
const compressedOwn = oncePerServer((config, server) => compress(ownTextOf(config, server)));

/** Secret files as parts of user data: one compressed cloud-config, or none if there are no files. */
export function secretParts(files: readonly SecretFile[], source: SecretSource): readonly string[] {
  if (files.length === 0) return [];
  const written = files.map((file) => ({
    path: file.path,
    owner: `${file.owner}:${file.owner}`,
    permissions: file.certificate ? "0644" : "0600",
    // Files of other users wait until cloud-init has created the users. Root's files are written before sshd starts, because sshd needs its
    // host key.
    ...(file.owner !== users.root && { defer: true }),
    // Keys and certificates are already base64; encoding them again would make the compressed text a fifth longer.
    ...(file.given && { encoding: "b64" }),
    content: new Written(source.encode(file.content(source.value), file)),
  }));
  return [source.compress(renderCloudConfig({ merge_how: appending, write_files: written }))];
}

/** All secret files of a server from one source, shared and own. */
export function allSecretParts(config: Config, server: ServerConfig, source: SecretSource): readonly string[] {
  const { shared, own } = secretFilesOf(config, server);
  return [...secretParts(shared, source), ...secretParts(own, source)];
}

/** Properties of {@link serverUserData}. */
export interface UserDataProps {
  /** The environment. */
  readonly config: Config;
  /** The server. */
  readonly server: ServerConfig;
  /** Result of {@link secretParts}. */
  readonly secrets: readonly string[];
  /** Reference to the result of {@link compressedShared}. @default - the text itself */
  readonly shared?: string;
}

/** A compressed cloud-config as a MIME part. */
const compressedPart = (body: string): readonly string[] => [
  `--${boundary}`,
  "Content-Type: application/gzip",
  "Content-Transfer-Encoding: base64",
  "",
  body,
];

/**
 * User data of one server: MIME multipart of the payload (compressed, without secrets and references) and the secret files. Each has two
 * parts: one shared by servers with the same roles, and the server's own. The Hetzner and NoCloud data sources of cloud-init accept it
 * unchanged.
 */
export function serverUserData({ config, server, secrets, shared }: UserDataProps): string {
  const parts = [shared ?? compressedShared(config, server.roles), compressedOwn(config, server), ...secrets];
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "MIME-Version: 1.0",
    "",
    ...parts.flatMap(compressedPart),
    `--${boundary}--`,
    "",
  ].join("\n");
}
