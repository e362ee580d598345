import type { Config, ServerConfig } from "../../../config/schema.js";

/** Schema of the application. */
export const databaseName = "app";

/** Servers that carry the database, in the order of the configuration. */
export const databaseMembers = ({ servers }: Pick<Config, "servers">): readonly ServerConfig[] =>
  servers.filter(({ roles }) => roles.includes("database"));
