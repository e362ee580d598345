import { gzipSync } from "node:zlib";
import type { Config, ServerConfig } from "../../config/schema.js";
import { secretFilesOf, type SecretFile, type SecretName } from "../../config/secrets.js";
import { appending, renderCloudConfig, Written } from "./cloud-config.js";
import { oncePerRoles, oncePerServer } from "./once.js";
import { users } from "../../platform/users.js";
import { ownTextOf, sharedTextOf } from "./payload.js";

/** Where secret values come from: references of Terraform, or plain values in the lab. */
export interface SecretSource {
  /** Value of a secret on the server that is rendered. */
  readonly value: (name: SecretName) => string;
  /** A file's whole content as a text in JSON, or in base64 where `given`, by Terraform at apply time or here and now. */
  readonly encode: (content: string, file: SecretFile) => string;
  /** Base64 of a compressed text (gzip), likewise. */
  readonly compress: (text: string) => string;
}

const boundary = "==platform-payload==";

/** Base64 of a compressed text. The operating system is left out of gzip's header (byte 9), so that equal texts give equal bytes everywhere. */
function compress(text: string): string {
  const bytes = gzipSync(text);
  bytes[9] = 0xff;
  return bytes.toString("base64");
}

/** Secrets that are at hand, as in the lab. */
export const secretsAtHand = (value: SecretSource["value"]): SecretSource => ({
  value,
  encode: (content, { given }) => (given ? Buffer.from(content).toString("base64") : JSON.stringify(content)),
  compress,
});

/** Compressed cloud-config that servers with the same roles share. No secret, no reference. */
export const compressedShared = oncePerRoles((config, roles) => compress(sharedTextOf(config, roles)));
const compressedOwn = oncePerServer((config, server) => compress(ownTextOf(config, server)));

/** Secret files as parts of user data: a compressed cloud-config of their own, or none where there are no files. */
export function secretParts(files: readonly SecretFile[], source: SecretSource): readonly string[] {
  if (files.length === 0) return [];
  const written = files.map((file) => ({
    path: file.path,
    owner: `${file.owner}:${file.owner}`,
    permissions: file.certificate ? "0644" : "0600",
    // Files of other users wait until cloud-init has made the users. Root's are written before sshd starts, which needs its host key.
    ...(file.owner !== users.root && { defer: true }),
    // Base64 of what is base64 itself, as keys and certificates are, would be a fifth longer when it is compressed.
    ...(file.given && { encoding: "b64" }),
    content: new Written(source.encode(file.content(source.value), file)),
  }));
  return [source.compress(renderCloudConfig({ merge_how: appending, write_files: written }))];
}

/** All secret files of a server, from one source: those that it shares with others, and its own. */
export function allSecretParts(config: Config, server: ServerConfig, source: SecretSource): readonly string[] {
  const { shared, own } = secretFilesOf(config, server);
  return [...secretParts(shared, source), ...secretParts(own, source)];
}

/** Properties of {@link serverUserData}. */
export interface UserDataProps {
  /** The environment. */
  readonly config: Config;
  /** Server that the user data is for. */
  readonly server: ServerConfig;
  /** As {@link secretParts} makes them. */
  readonly secrets: readonly string[];
  /** Reference to what {@link compressedShared} gives. @default - the text itself */
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
 * User data of one server: MIME multipart of the literal payload (compressed, no secret, no reference) and the secret files, each in two
 * parts: what servers with the same roles share, made once for all of them, and what is the server's own.
 * Both Hetzner's and the NoCloud data source of cloud-init take it as it stands.
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
