import type { Config } from "../config/schema.js";

/** What Hetzner refuses to delete, in a configuration. */
export const protectedThings = (config: Config): readonly string[] =>
  config.protect ? ["servers (delete, rebuild)", "volumes", "primary addresses", "network", "load balancer"] : [];
