import { gzipSync } from "node:zlib";
import type { Config, ServerConfig } from "../config/schema.js";
import { secretFilesOf, type SecretFile, type SecretName } from "../platform/secrets.js";
import { renderCloudConfig } from "./cloud-config.js";
import { literalOf } from "./payload.js";
import { perServer } from "./per-server.js";

/** Where secret values come from: references of Terraform, or plain values in the lab. */
export interface SecretSource {
  /** Value of a secret on the server that is rendered. */
  readonly value: (name: SecretName) => string;
  /** Base64 of a file's whole content, by Terraform at apply time or here and now. */
  readonly encode: (content: string, file: SecretFile) => string;
  /** Base64 of a compressed text (gzip), likewise. */
  readonly compress: (text: string) => string;
}

export interface UserDataProps {
  readonly config: Config;
  readonly server: ServerConfig;
  readonly secrets: SecretSource;
}

const boundary = "==platform-payload==";

/** How cloud-init is told to append the secret files to the literal ones; its default would replace the list. */
const merging = "list(append)+dict(no_replace,recurse_list)+str()";

/** Base64 of a text compressed without time and without the name of the system that did it (byte 9): equal text, equal bytes. */
export function compress(text: string): string {
  const bytes = gzipSync(text);
  bytes.writeUInt32LE(0, 4);
  bytes[9] = 0xff;
  return bytes.toString("base64");
}

/** A compressed cloud-config as a MIME part. */
const compressedPart = (body: string): readonly string[] => [
  "Content-Type: application/gzip",
  "Content-Transfer-Encoding: base64",
  "",
  body,
];

const compressedLiteral = perServer((config, server) => compress(literalOf(config, server)));

/** The secret files as a cloud-config of their own. */
function secretConfig({ config, server, secrets }: UserDataProps): object {
  const files = secretFilesOf(config, server).map((file) => ({
    path: file.path,
    owner: `${file.owner}:${file.owner}`,
    permissions: "0600",
    encoding: "b64",
    defer: true,
    content: secrets.encode(file.content(secrets.value), file),
  }));
  return { merge_how: merging, write_files: files };
}

/**
 * User data of one server: MIME multipart of the literal payload (compressed, no secret, no reference) and the secret files.
 * Both Hetzner's and the NoCloud data source of cloud-init take it as it stands.
 */
export function serverUserData(props: UserDataProps): string {
  const parts = [
    compressedPart(compressedLiteral(props.config, props.server)),
    compressedPart(props.secrets.compress(renderCloudConfig(secretConfig(props)))),
  ];
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "MIME-Version: 1.0",
    "",
    ...parts.flatMap((part) => [`--${boundary}`, ...part]),
    `--${boundary}--`,
    "",
  ].join("\n");
}
