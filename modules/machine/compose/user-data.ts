import { gzipSync } from "node:zlib";
import type { Config, ServerConfig } from "../../config/schema.js";
import { secretFilesOf, type SecretFile, type SecretName } from "../../derived/secrets.js";
import { appending, renderCloudConfig, RawYaml } from "./cloud-config.js";
import { oncePerRoles, oncePerServer } from "./once.js";
import { users } from "../../platform/users.js";
import { ownTextOf, sharedTextOf } from "./payload.js";

/** Provides the values of secrets. The values are Terraform references, or plain values in the lab. */
export interface SecretSource {
  /** Returns the value of a secret, or the Terraform reference to the value. */
  readonly value: (name: SecretName) => string;
  /**
   * Encodes the content of a secret file as JSON, or as base64 if the file is `given`. Terraform encodes the content
   * during apply.
   */
  readonly encode: (content: string, file: SecretFile) => string;
  /** Compresses a text with gzip and encodes the result as base64. */
  readonly compress: (text: string) => string;
}

const boundary = "==platform-payload==";

/**
 * Compresses a text with gzip and encodes the result as base64. Sets byte 9 of the gzip header (operating system) to "unknown", so that
 * equal texts give equal results on all systems.
 */
function compress(text: string): string {
  const bytes = gzipSync(text);
  bytes[9] = 0xff;
  return bytes.toString("base64");
}

/** Returns a secret source whose values are already known, for example in the lab. */
export const secretsAtHand = (value: SecretSource["value"]): SecretSource => ({
  value,
  encode: (content, { given }) => (given ? Buffer.from(content).toString("base64") : JSON.stringify(content)),
  compress,
});

/**
 * Returns the compressed cloud-config that servers with the same roles share. The text contains no secrets and no
 * Terraform references.
 */
export const compressedShared = oncePerRoles((config, roles) => compress(sharedTextOf(config, roles)));
const compressedOwn = oncePerServer((config, server) => compress(ownTextOf(config, server)));

/**
 * Returns MIME parts with the secret files. The result is one compressed cloud-init configuration, or an empty list if
 * there are no files.
 */
export function secretParts(files: readonly SecretFile[], source: SecretSource): readonly string[] {
  if (files.length === 0) return [];
  const written = files.map((file) => ({
    path: file.path,
    owner: `${file.owner}:${file.owner}`,
    permissions: file.certificate ? "0644" : "0600",
    // cloud-init writes files of users other than root after it has created the users. Root's files are written before sshd starts, because
    // sshd needs its host key.
    ...(file.owner !== users.root && { defer: true }),
    // Generated keys and certificates are already base64. Encoding them again would make the compressed text 20 % longer.
    ...(file.given && { encoding: "b64" }),
    content: new RawYaml(source.encode(file.content(source.value), file)),
  }));
  return [source.compress(renderCloudConfig({ merge_how: appending, write_files: written }))];
}

/** Returns the MIME parts with all secret files of a server. */
export function allSecretParts(config: Config, server: ServerConfig, source: SecretSource): readonly string[] {
  const { shared, own } = secretFilesOf(config, server);
  return [...secretParts(shared, source), ...secretParts(own, source)];
}

/** Properties of {@link serverUserData}. */
export interface UserDataProps {
  readonly config: Config;
  readonly server: ServerConfig;
  /**
   * Generated keys and certificates are already encoded in base64. A second encoding would make the compressed text 20
   * % longer.
   */
  readonly secrets: readonly string[];
  /** Terraform reference to the result of {@link compressedShared}. @default - the result of {@link compressedShared} */
  readonly shared?: string;
}

/** Returns the lines of a MIME part with a compressed cloud-init configuration. */
const compressedPart = (body: string): readonly string[] => [
  `--${boundary}`,
  "Content-Type: application/gzip",
  "Content-Transfer-Encoding: base64",
  "",
  body,
];

/**
 * Returns the user data of one server: a MIME multipart text with the compressed payload and the secret files. The
 * payload and the secret files each have two MIME parts. The first part is shared by all servers with the same roles,
 * and the second part belongs to this server. The Hetzner and NoCloud data sources of cloud-init accept this text
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
