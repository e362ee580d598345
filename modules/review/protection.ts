import type { Config } from "../config/schema.js";

/** What every plan refuses to destroy, and Hetzner to delete (records and passwords are not at Hetzner), in a configuration. */
export const protectedThings = (config: Config): readonly string[] =>
  config.protect
    ? [
        "servers (delete, rebuild)",
        "volumes",
        "primary addresses",
        "network",
        "load balancer",
        "DNS records",
        "database passwords",
      ]
    : [];
