import type { Config } from "../config/schema.js";

/**
 * Returns the names of resources that Terraform must never destroy. Hetzner also refuses to delete these resources,
 * except DNS records and passwords, which do not exist at Hetzner.
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
