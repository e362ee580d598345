/**
 * System users that services run as. Outbound traffic is allowed per user, so the host firewall names them. nftables resolves the names when
 * it loads its rules, so cloud-init creates the users that packages would create only later (`createdEarly`).
 */
export const users = {
  root: "root",
  application: "app",
  migrations: "app-migrations",
  nginx: "www-data",
  mysql: "mysql",
  haproxy: "haproxy",
  datadog: "dd-agent",
  apt: "_apt",
  time: "_chrony",
  dns: "systemd-resolve",
  backup: "mysql-backup",
} as const;

/** Name of a user that services run as. */
export type ServiceUser = (typeof users)[keyof typeof users];

/** Users that exist before any package is installed, in the order of creation. */
export const createdEarly: readonly ServiceUser[] = [
  users.application,
  users.migrations,
  users.mysql,
  users.haproxy,
  users.datadog,
  users.time,
  users.dns,
  users.backup,
];
