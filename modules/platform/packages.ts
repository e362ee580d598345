/** Debian and vendor packages, by the concept that installs them. Nothing else is installed: `Recommends` are off. */
export const packages = {
  hardening: ["ca-certificates", "chrony", "logrotate", "openssh-server", "procps", "unattended-upgrades"],
  /** The rules let only the local resolver ask name servers, so it comes with them. */
  hostFirewall: ["nftables", "systemd-resolved"],
  release: ["curl"],
  nginx: ["nginx"],
  /** What app-runs, which agrees with other servers, needs beside what every Debian has. */
  appRuns: ["python3-pymysql"],
  /** Of MySQL's repository; python3-pymysql is for mysql-group. */
  mysql: ["mysql-server", "python3-pymysql", "e2fsprogs"],
  /** mysql-backup packs, encrypts and talks to MySQL; the object storage's certificate is checked against Debian's authorities. */
  backup: ["age", "ca-certificates", "curl", "python3-pymysql", "zstd"],
  haproxy: ["haproxy"],
  /** Of Datadog's repository. */
  datadogAgent: ["datadog-agent"],
} as const;
