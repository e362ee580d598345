/** A key that a vendor signs its apt repository with. Servers download it, and take it only with one of these fingerprints. */
export interface PublishedKey {
  readonly url: string;
  /** Fingerprints of the primary keys that may sign, 40 hexadecimal digits each. */
  readonly fingerprints: readonly string[];
  /** Last day on which a new server can be set up with it, as 2027-10-23; the review warns before. */
  readonly ends: string;
}

/** The vendors' keys. A newer one is a change of `aptSources.<vendor>.publishedKey`, and then of this list. */
export const aptKeys = {
  /** MySQL Release Engineering; downloaded, because the key alone would be a tenth of the user data. */
  mysql: {
    url: "https://repo.mysql.com/RPM-GPG-KEY-mysql-2025",
    fingerprints: ["BCA43417C3B485DD128EC6D4B7B3B788A8D3785C"],
    ends: "2027-10-23",
  },
  /**
   * "CURRENT" is the key that signs now; Datadog's installer (DataDog/agent-linux-install-script) says so and names the keys it may be:
   * one until 2028 and its successor until 2033, with these fingerprints on Datadog's page on the security of agents. It names no days.
   */
  datadog: {
    url: "https://keys.datadoghq.com/DATADOG_APT_KEY_CURRENT.public",
    fingerprints: ["5F1E256061D813B125E156E8E6266D4AC0962C7D", "D18886567EABAD8B2D2526900D826EB906462314"],
    ends: "2032-12-31",
  },
} as const satisfies Readonly<Record<string, PublishedKey>>;
