/** Name in every MySQL server's certificate. Clients reach a server through HAProxy on loopback and verify this name. */
export const mysqlTlsName = "mysql.internal";

/** Account that migrations use, and the user that they run as. */
export const migrationsAccount = "app-migrations";

/** Header that proves a request came through our Cloudflare zone (`tls: "terminate"`). */
export const edgeTokenHeader = "X-Edge-Token";

/** Path that tells on the server itself, on nginx's port for such questions, whether the token of a request is accepted: 1 or 0. */
export const edgeTokenPath = "/edge-token";

/** Path below which nginx serves files of the release by itself. */
export const staticPath = "/static/";

/** Begins the names of the checks that a secret is set without which `npm run ops` makes no server. */
export const neededSecret = "needed_";

/** Label of a server's that tells of the application's secrets it has: of all together. */
export const applicationSecretsLabel = "secret-application";

/** Label of a server with the digest of its key for the private bucket of the releases. */
export const releaseKeyLabel = "secret-releaseKey";

/** Name, in the journal, of the lines of all that runs of a release: the application, its workers and its schedules, and no trial. */
export const applicationLog = "app";

/** Host names of the site: www first, then the apex. */
export const siteHosts = ({ domain }: { readonly domain: string }): readonly [string, string] => [
  `www.${domain}`,
  domain,
];
