/** Debian and vendor packages, by the concept that installs them. Nothing else is installed: `Recommends` are off. */
export const packages = {
  hardening: [
    "ca-certificates",
    "chrony",
    "logrotate",
    "openssh-server",
    "procps",
    "systemd-resolved",
    "unattended-upgrades",
  ],
  hostFirewall: ["nftables"],
  release: ["curl"],
  nginx: ["nginx"],
  application: ["nodejs"],
  /** Of MySQL's repository; python3-pymysql is for mysql-group. */
  mysql: ["mysql-server", "python3-pymysql", "e2fsprogs"],
  haproxy: ["haproxy"],
  /** Of Datadog's repository. */
  datadogAgent: ["datadog-agent"],
} as const;
