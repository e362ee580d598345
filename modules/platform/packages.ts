/** Debian and vendor packages, by the component that installs them. Nothing else is installed, because `Recommends` are off. */
export const packages = {
  hardening: ["ca-certificates", "chrony", "logrotate", "openssh-server", "procps", "unattended-upgrades"],
  /** The firewall rules allow only the local resolver to query name servers, so it is installed with them. */
  hostFirewall: ["nftables", "systemd-resolved"],
  release: ["curl"],
  nginx: ["nginx"],
  /** Packages of app-runs, which coordinates with other servers, in addition to Debian's base system. */
  appRuns: ["python3-pymysql"],
  /** From MySQL's repository, except python3-pymysql, which mysql-group uses. */
  mysql: ["mysql-server", "python3-pymysql", "e2fsprogs"],
  /**
   * Packages with which mysql-backup compresses, encrypts and connects to MySQL. Debian's CA certificates verify the object storage's
   * certificate.
   */
  backup: ["age", "ca-certificates", "curl", "python3-pymysql", "zstd"],
  haproxy: ["haproxy"],
  /** From Datadog's repository. */
  datadogAgent: ["datadog-agent"],
} as const;
