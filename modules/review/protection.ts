import type { Config } from "../config/schema.js";

/**
 * Returns the names of resources that Terraform never destroys. Hetzner also refuses to delete them, except DNS records and passwords,
 * which are not at Hetzner.
 */
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
