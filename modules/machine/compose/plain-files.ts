import type { Config, ServerConfig } from "../../config/schema.js";
import { oncePerRoles, oncePerServer } from "./once.js";
import { ownTextOf, sharedConfigOf, sharedTextOf } from "./payload.js";

/** A readable file for comparison. */
export interface PlainFile {
  /** Relative to cdktf.out/payload/. */
  readonly path: string;
  readonly content: string;
}

/** The cloud-config shared by servers with the same roles, and each file that it writes. */
const sharedFiles = oncePerRoles((config, roles): readonly PlainFile[] => {
  const name = `roles/${roles.join("+")}`;
  const written = sharedConfigOf(config, roles).write_files.flatMap(({ path, content }) =>
    content === undefined ? [] : [{ path: `${name}${path}`, content }],
  );
  return [{ path: `${name}.yaml`, content: sharedTextOf(config, roles) }, ...written];
});

/** The short cloud-config of one server. */
const ownFile = oncePerServer((config, server): PlainFile => ({
  path: `servers/${server.name}.yaml`,
  content: ownTextOf(config, server),
}));

/** The payload of a server as plain files, without secrets. Shared files are the same objects for all servers. */
export const plainFilesOf = (config: Config, server: ServerConfig): readonly PlainFile[] => [
  ...sharedFiles(config, server.roles),
  ownFile(config, server),
];
