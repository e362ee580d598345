import type { Config, ServerConfig } from "./schema.js";

/** Labels of everything at Hetzner that takes labels. */
export const labelsOf = (config: Config): Record<string, string> => ({
  environment: config.environment,
  "managed-by": "cdktf",
});

/** Labels of what belongs to one server: its name and a label for each of its roles. */
export const serverLabels = (config: Config, server: ServerConfig): Record<string, string> => ({
  ...labelsOf(config),
  server: server.name,
  ...Object.fromEntries(server.roles.map((role) => [`role-${role}`, "true"])),
});
