import type { Config, ServerConfig } from "../../config/schema.js";
import { oncePerRoles, oncePerServer } from "./once.js";
import { ownTextOf, sharedConfigOf, sharedTextOf } from "./payload.js";

/** A file for a person to read and compare. */
export interface PlainFile {
  /** Relative to cdktf.out/payload/. */
  readonly path: string;
  readonly content: string;
}

/** The cloud-config that servers with the same roles share, and each file it writes. */
const sharedFiles = oncePerRoles((config, roles): readonly PlainFile[] => {
  const name = `roles/${roles.join("+")}`;
  const written = sharedConfigOf(config, roles).write_files.flatMap(({ path, content }) =>
    content === undefined ? [] : [{ path: `${name}${path}`, content }],
  );
  return [{ path: `${name}.yaml`, content: sharedTextOf(config, roles) }, ...written];
});

/** The cloud-config of a server alone, which says all in a few lines. */
const ownFile = oncePerServer((config, server): PlainFile => ({
  path: `servers/${server.name}.yaml`,
  content: ownTextOf(config, server),
}));

/** The payload of a server as plain files, but for the secrets. What servers share are the same objects for all of them. */
export const plainFilesOf = (config: Config, server: ServerConfig): readonly PlainFile[] => [
  ...sharedFiles(config, server.roles),
  ownFile(config, server),
];
