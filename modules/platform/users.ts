/**
 * System users of the services. The host firewall allows outbound traffic separately for each user, so its rules
 * contain the users' names. nftables resolves the names when it loads the rules, so the users must exist before their
 * packages are installed (`createdEarly`).
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

/** Name of a system user of a service. */
export type ServiceUser = (typeof users)[keyof typeof users];

/** Users that cloud-init creates before any package is installed, in the order of creation. */
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
