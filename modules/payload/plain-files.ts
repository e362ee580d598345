import type { Config, ServerConfig } from "../config/schema.js";
import { literalOf, payloadOf } from "./payload.js";

/** A file for a person to read and compare. */
export interface PlainFile {
  /** Relative to cdktf.out/payload/<server>/. */
  readonly path: string;
  readonly content: string;
}

/** The payload of a server as plain files: the whole cloud-config, and each file it writes under files/. */
export function plainFilesOf(config: Config, server: ServerConfig): readonly PlainFile[] {
  return [
    { path: "user-data.yaml", content: literalOf(config, server) },
    ...payloadOf(config, server).write_files.flatMap(({ path, content }) =>
      content === undefined ? [] : [{ path: `files${path}`, content }],
    ),
  ];
}
