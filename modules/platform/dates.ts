/** A dependency of the servers with a known expiry date. */
export interface DatedEnd {
  /** Name of the dependency that expires. */
  readonly what: string;
  /** Last day on which the dependency is valid, for example 2027-10-23. */
  readonly ends: string;
  /** Publication that states the expiry date. */
  readonly source: string;
  /** Action that the owner must take before that day. */
  readonly remedy: string;
}

/** Number of days before an expiry date from which the review, the servers' notice `expiry` and its monitor warn. */
export const noticeDays = 180;

/** Returns the instruction to install a newer key of a vendor. */
const nextKey = (vendor: string): string =>
  `set aptSources.${vendor}.publishedKey to the vendor's next key, then npm run ops upgrade`;

/** All known expiry dates. The review, the servers and docs/operations.md show the dates in this list. */
export const knownEnds = {
  debian: {
    what: "security support of Debian 13",
    ends: "2028-08-09",
    source: "https://wiki.debian.org/DebianReleases",
    remedy: "update this project to a version for the next Debian release, then npm run ops rollout",
  },
  mysql: {
    what: "key of MySQL's apt repository",
    ends: "2027-10-23",
    source: "gpg --show-keys of https://repo.mysql.com/RPM-GPG-KEY-mysql-2025",
    remedy: nextKey("mysql"),
  },
  datadog: {
    what: "keys of Datadog's apt repository",
    ends: "2032-12-31",
    source: "https://docs.datadoghq.com/data_security/agent (the second key is valid until 2033)",
    remedy: nextKey("datadog"),
  },
} as const satisfies Readonly<Record<string, DatedEnd>>;
