/** Name in every MySQL server's certificate. Clients reach a server through HAProxy on loopback and verify this name. */
export const mysqlTlsName = "mysql.internal";

/** Account and system user of the migrations. */
export const migrationsAccount = "app-migrations";

/** Header that proves that a request came through our Cloudflare zone (`tls: "terminate"`). */
export const edgeTokenHeader = "X-Edge-Token";

/** Path on nginx's local status port that returns 1 if nginx accepts the token of the request, and otherwise 0. */
export const edgeTokenPath = "/edge-token";

/** Prefix of paths that nginx serves from the release's static files. */
export const staticPath = "/static/";

/** Prefix of check blocks for secrets that `npm run ops` requires before it creates a server. */
export const neededSecret = "needed_";

/** Label of a server with the digest of all its application secrets. */
export const applicationSecretsLabel = "secret-application";

/** Label of a server with the digest of its key for the private bucket of the releases. */
export const releaseKeyLabel = "secret-releaseKey";

/** Journal identifier of the application, its workers and its schedules, but not of release tests. */
export const applicationLog = "app";

/** Host names of the site: www first, then the apex. */
export const siteHosts = ({ domain }: { readonly domain: string }): readonly [string, string] => [
  `www.${domain}`,
  domain,
];
