import { knownEnds } from "./dates.js";

/** A key that signs the apt repository of a vendor. Servers download the key every day and accept only these fingerprints. */
export interface PublishedKey {
  readonly url: string;
  /** Fingerprints of the primary keys that may sign the repository, with 40 hexadecimal digits each. */
  readonly fingerprints: readonly string[];
  /** Last day on which the key is valid, for example 2027-10-23. The review and the servers warn before this day. */
  readonly ends: string;
}

/**
 * Published keys of the vendors. An owner can set a newer key in `aptSources.<vendor>.publishedKey` until a new version of this project
 * contains it.
 */
export const aptKeys = {
  /**
   * Key of MySQL Release Engineering. The user data do not contain the key, because the key would need a tenth of the
   * allowed size. Servers download it instead.
   */
  mysql: {
    url: "https://repo.mysql.com/RPM-GPG-KEY-mysql-2025",
    fingerprints: ["BCA43417C3B485DD128EC6D4B7B3B788A8D3785C"],
    ends: knownEnds.mysql.ends,
  },
  /**
   * Datadog's key. The URL ends in "CURRENT" for the key in use. Datadog's installer
   * (DataDog/agent-linux-install-script) lists two possible keys: one valid until 2028, and its successor valid until
   * 2033. Datadog's page on agent security lists the fingerprints of both keys, but no exact dates.
   */
  datadog: {
    url: "https://keys.datadoghq.com/DATADOG_APT_KEY_CURRENT.public",
    fingerprints: ["5F1E256061D813B125E156E8E6266D4AC0962C7D", "D18886567EABAD8B2D2526900D826EB906462314"],
    ends: knownEnds.datadog.ends,
  },
} as const satisfies Readonly<Record<string, PublishedKey>>;
