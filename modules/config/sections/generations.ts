import * as z from "zod";

/** Number of the current key, password or certificate, counted from 1. */
export const generation = z.int().min(1).max(1000).default(1);

export const generations = z.strictObject({
  /** Number of the current token with which Cloudflare identifies itself to the servers. Rotate it with `npm run ops rotate edge-token`. Default: 1. */
  edgeToken: generation,
  /** Number of the current database passwords of application, replication and monitoring. Rotate them with `npm run ops rotate database-passwords`. Default: 1. */
  databasePasswords: generation,
  /** Number of MySQL's current private certificate authority and its certificates. Rotate them with `npm run ops rotate database-authority`. Default: 1. */
  databaseAuthority: generation,
  /** Number of the current authority and client certificate with which Cloudflare identifies itself, with `tls: "passthrough"`. Rotate them with `npm run ops rotate origin-pull-authority`. Never lower it, because nginx would reject Cloudflare. Default: 1. */
  originPullAuthority: generation,
  /** Number of the servers' current SSH host keys. Rotate them with `npm run ops rotate ssh-host-keys`. Default: 1. */
  sshHostKeys: generation,
});
