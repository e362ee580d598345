import type { Config, ServerConfig } from "../../config/schema.js";
import { oncePerRoles, oncePerServer } from "./once.js";
import { ownTextOf, sharedConfigOf, sharedTextOf } from "./payload.js";

/** A readable file of the payload. Reviewers compare two versions of the file. */
export interface PlainFile {
  /** Path relative to `cdktf.out/payload/`. */
  readonly path: string;
  readonly content: string;
}

/**
 * Returns the cloud-init configuration that servers with the same roles share, and each file that the configuration
 * writes.
 */
const sharedFiles = oncePerRoles((config, roles): readonly PlainFile[] => {
  const name = `roles/${roles.join("+")}`;
  const written = sharedConfigOf(config, roles).write_files.flatMap(({ path, content }) =>
    content === undefined ? [] : [{ path: `${name}${path}`, content }],
  );
  return [{ path: `${name}.yaml`, content: sharedTextOf(config, roles) }, ...written];
});

/** Returns a file with the cloud-init configuration that belongs to one server only. */
const ownFile = oncePerServer((config, server): PlainFile => ({
  path: `servers/${server.name}.yaml`,
  content: ownTextOf(config, server),
}));

/**
 * Returns the payload of a server as readable files without secrets. For servers with the same roles, the shared files are the same
 * objects.
 */
export const plainFilesOf = (config: Config, server: ServerConfig): readonly PlainFile[] => [
  ...sharedFiles(config, server.roles),
  ownFile(config, server),
];
