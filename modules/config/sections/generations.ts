import * as z from "zod";

/** Counts the keys, passwords or certificates that have been made one after the other. */
export const generation = z.int().min(1).max(1000).default(1);

export const generations = z.strictObject({
  edgeToken: generation.describe(
    "Of the token that Cloudflare shows to the servers. Raise it by one, then `npm run ops rotate edge-token`.",
  ),
  databasePasswords: generation.describe(
    "Of the passwords of the application, the replication and the monitoring. Raise it by one, then `npm run ops rotate database-passwords`.",
  ),
  databaseAuthority: generation.describe(
    "Of the private authority of MySQL and the certificates that it signs. Raise it by one, then `npm run ops rotate database-authority`.",
  ),
  sshHostKeys: generation.describe(
    "Of the keys that servers show to whoever logs in. Raise it by one, then `npm run ops rotate ssh-host-keys`.",
  ),
});
