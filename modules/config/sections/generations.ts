import * as z from "zod";

/** Number of the current key, password or certificate, counted from 1. */
export const generation = z.int().min(1).max(1000).default(1);

export const generations = z.strictObject({
  /** Number of the secret header with which Cloudflare identifies itself to the servers. Default: 1. */
  edgeToken: generation,
  /** Number of the MySQL passwords of application, replication and monitoring. Default: 1. */
  databasePasswords: generation,
  /** Number of MySQL's private certificate authority and its certificates. Default: 1. */
  databaseAuthority: generation,
  /** Number of the client certificate (and its authority) with which Cloudflare identifies itself to the servers if `tls` is "passthrough". Never lower the number, because nginx would reject Cloudflare. Default: 1. */
  originPullAuthority: generation,
  /** Number of the servers' SSH host keys. Default: 1. */
  sshHostKeys: generation,
});
