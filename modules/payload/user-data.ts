import { gzipSync } from "node:zlib";
import type { Config, ServerConfig } from "../config/schema.js";
import { secretFilesOf, type SecretFile, type SecretName } from "../platform/secrets.js";
import { renderCloudConfig, type CloudConfig } from "./cloud-config.js";
import { payloadOf } from "./payload.js";

/** Where secret values come from: references of Terraform, or plain values in the lab. */
export interface SecretSource {
  /** Value of a secret on the server that is rendered. */
  readonly value: (name: SecretName) => string;
  /** Base64 of a file's whole content, by Terraform at apply time or here and now. */
  readonly encode: (content: string, file: SecretFile) => string;
}

export interface UserDataProps {
  readonly config: Config;
  readonly server: ServerConfig;
  readonly secrets: SecretSource;
}

const boundary = "==platform-payload==";

/** How cloud-init is told to append the secret files to the literal ones; its default would replace the list. */
const merging = "list(append)+dict(no_replace,recurse_list)+str()";

const foldBase64 = (text: string): string => text.replace(/.{76}(?=.)/g, "$&\n");

/** Gzip without time and without the name of the system that made it (byte 9), so that equal text gives equal bytes. */
function compress(text: string): Buffer {
  const bytes = gzipSync(text, { level: 9 });
  bytes.writeUInt32LE(0, 4);
  bytes[9] = 0xff;
  return bytes;
}

/** The literal cloud-config as a MIME part. */
const literalPart = (payload: CloudConfig): readonly string[] => [
  "Content-Type: application/gzip",
  "Content-Transfer-Encoding: base64",
  "",
  foldBase64(compress(renderCloudConfig(payload)).toString("base64")),
];

/** The secret files as a cloud-config of their own. */
function secretPart({ config, server, secrets }: UserDataProps): readonly string[] {
  const files = secretFilesOf(config, server).map((file) => ({
    path: file.path,
    owner: `${file.owner}:${file.owner}`,
    permissions: "0600",
    encoding: "b64",
    defer: true,
    content: secrets.encode(file.content(secrets.value), file),
  }));
  return [
    "Content-Type: text/cloud-config",
    `Merge-Type: ${merging}`,
    "",
    renderCloudConfig({ write_files: files }).trimEnd(),
  ];
}

/**
 * User data of one server: MIME multipart of the literal payload (compressed, no secret, no reference) and the secret files.
 * Both Hetzner's and the NoCloud data source of cloud-init take it as it stands.
 */
export function serverUserData(props: UserDataProps): string {
  const parts = [literalPart(payloadOf(props.config, props.server)), secretPart(props)];
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "MIME-Version: 1.0",
    "",
    ...parts.flatMap((part) => [`--${boundary}`, ...part]),
    `--${boundary}--`,
    "",
  ].join("\n");
}
