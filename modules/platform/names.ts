/** Name in the certificate of every database member. Clients connect through HAProxy on loopback and verify this name. */
export const mysqlTlsName = "mysql.internal";

/** Name of the MySQL account and of the system user for migrations. */
export const migrationsAccount = "app-migrations";

/** Name of the header with which Cloudflare proves that a request came through our zone (`tls: "terminate"`). */
export const edgeTokenHeader = "X-Edge-Token";

/** Path on nginx's local status port. The response is 1 if nginx accepts the token in the request, otherwise 0. */
export const edgeTokenPath = "/edge-token";

/** Prefix of paths that nginx serves from the release's static files. */
export const staticPath = "/static/";

/**
 * Name prefix of Terraform check blocks for secrets. `npm run ops` requires these secrets before it creates a server.
 */
export const neededSecret = "needed_";

/** Label of a server with the digest of all its application secrets. */
export const applicationSecretsLabel = "secret-application";

/** Label of a server with the digest of its key for the private release bucket. */
export const releaseKeyLabel = "secret-releaseKey";

/**
 * Syslog identifier in the journal for the application, its workers and its schedules. Trial instances of a release
 * have another identifier.
 */
export const applicationLog = "app";

/** Returns the host names of the site: www first, then the apex. */
export const siteHosts = ({ domain }: { readonly domain: string }): readonly [string, string] => [
  `www.${domain}`,
  domain,
];
