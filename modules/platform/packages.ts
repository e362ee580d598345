/** Debian and vendor packages of each component. apt installs no recommended packages (`Recommends`). */
export const packages = {
  hardening: ["ca-certificates", "chrony", "logrotate", "openssh-server", "procps", "unattended-upgrades"],
  /**
   * Packages of the host firewall. The firewall rules allow only the local resolver to query name servers, so the resolver is installed
   * together with the firewall.
   */
  hostFirewall: ["nftables", "systemd-resolved"],
  release: ["curl"],
  nginx: ["nginx"],
  /** Packages of app-runs in addition to Debian's base system. app-runs uses the database to coordinate servers. */
  appRuns: ["python3-pymysql"],
  /** Packages of MySQL, from MySQL's apt repository. Only python3-pymysql, which mysql-group uses, is from Debian. */
  mysql: ["mysql-server", "python3-pymysql", "e2fsprogs"],
  /**
   * Packages with which mysql-backup compresses, encrypts and connects to MySQL. Debian's CA certificates verify the object storage's
   * certificate.
   */
  backup: ["age", "ca-certificates", "curl", "python3-pymysql", "zstd"],
  haproxy: ["haproxy"],
  /** Package from Datadog's apt repository. */
  datadogAgent: ["datadog-agent"],
} as const;
