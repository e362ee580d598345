/** Name in the certificate of every database member. Clients connect through HAProxy on loopback and verify this name. */
export const mysqlTlsName = "mysql.internal";

/** Name of the migrations' MySQL account and system user. */
export const migrationsAccount = "app-migrations";

/** Name of the header that proves that a request came through our Cloudflare zone (`tls: "terminate"`). */
export const edgeTokenHeader = "X-Edge-Token";

/** Path on nginx's local status port that returns 1 if nginx accepts the token of the request, and otherwise 0. */
export const edgeTokenPath = "/edge-token";

/** Prefix of paths that nginx serves from the release's static files. */
export const staticPath = "/static/";

/** Prefix of Terraform check blocks for secrets. `npm run ops` requires these secrets before it creates a server. */
export const neededSecret = "needed_";

/** Label of a server that contains the digest of all its application secrets. */
export const applicationSecretsLabel = "secret-application";

/** Label of a server that contains the digest of its key for the private bucket of releases. */
export const releaseKeyLabel = "secret-releaseKey";

/** Identifier in the journal of the application, its workers and its schedules. Trials of a release have another identifier. */
export const applicationLog = "app";

/** Returns the host names of the site: www first, then the apex. */
export const siteHosts = ({ domain }: { readonly domain: string }): readonly [string, string] => [
  `www.${domain}`,
  domain,
];
