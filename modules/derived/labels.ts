import type { Config, ServerConfig } from "../config/schema.js";

/** Returns the labels of all Hetzner resources that support labels. */
export const labelsOf = (config: Config): Record<string, string> => ({
  environment: config.environment,
  "managed-by": "cdktf",
});

/** Returns the labels of a server's resources: the server's name and one label for each role. */
export const serverLabels = (config: Config, server: ServerConfig): Record<string, string> => ({
  ...labelsOf(config),
  server: server.name,
  ...Object.fromEntries(server.roles.map((role) => [`role-${role}`, "true"])),
});
