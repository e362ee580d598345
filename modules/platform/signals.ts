/**
 * All signals that monitors, service levels and dashboards may use, with their sources: one list for queries and tests. The names come
 * from DataDog/integrations-core (`<integration>/metadata.csv`, `<integration>/assets/service_checks.json`) and, for core checks, from
 * DataDog/datadog-agent (`pkg/collector/corechecks/…`). Exceptions are noted at the name.
 */

/** Agent checks that emit signals. The first four need no configuration. */
export type Emitter =
  "cpu" | "load" | "memory" | "agent" | "disk" | "ntp" | "directory" | "nginx" | "mysql" | "tls" | "http_check";

/** Metrics by name. */
export const metricSignals = {
  "system.cpu.idle": "cpu",
  "system.cpu.user": "cpu",
  "system.cpu.system": "cpu",
  "system.cpu.iowait": "cpu",
  "system.cpu.stolen": "cpu",
  "system.load.norm.5": "load",
  "system.mem.pct_usable": "memory",
  "system.disk.in_use": "disk",
  "system.fs.inodes.in_use": "disk",
  "ntp.offset": "ntp",
  // Name in metadata.csv. directory.py adds the tag name:<name of the instance>.
  "system.disk.directory.files": "directory",
  "system.disk.directory.file.modified_sec_ago": "directory",
  "nginx.net.request_per_s": "nginx",
  "nginx.net.connections": "nginx",
  "nginx.net.conn_dropped_per_s": "nginx",
  "mysql.net.max_connections_available": "mysql",
  "mysql.net.aborted_connects": "mysql",
  "mysql.performance.threads_connected": "mysql",
  "mysql.performance.threads_running": "mysql",
  "mysql.performance.questions": "mysql",
  "mysql.performance.slow_queries": "mysql",
  "mysql.innodb.buffer_pool_utilization": "mysql",
  "mysql.innodb.row_lock_waits": "mysql",
  // Group Replication: mysql.py sends these metrics instead of the classic replication metrics if `options.replication` is true and the
  // plugin is ACTIVE. The value of member_status is always 1; the tags member_state and member_role contain the state.
  "mysql.replication.group.member_status": "mysql",
  "mysql.replication.group.transactions": "mysql",
  "mysql.replication.group.transactions_in_applier_queue": "mysql",
  "mysql.replication.group.transactions_rollback": "mysql",
  "tls.days_left": "tls",
} as const satisfies Readonly<Record<string, Emitter>>;

/** Metric that `npm run ops drift` sends after a comparison. */
export const driftCompared = "platform.drift.compared";

/** Service checks by name. */
export const checkSignals = {
  "datadog.agent.up": "agent",
  "nginx.can_connect": "nginx",
  "mysql.can_connect": "mysql",
  "mysql.replication.group.status": "mysql",
  "http.can_connect": "http_check",
  "tls.can_connect": "tls",
} as const satisfies Readonly<Record<string, Emitter>>;

/** Check instances that queries refer to by tag. */
export const instances = {
  /** http_check of the application on loopback. Tag `instance:application`. */
  application: "application",
  /** tls check of the certificate for visitors. Tag `name:edge`. */
  edgeCertificate: "edge",
  /**
   * tls checks of the certificate on the load balancer's private address, and of the file on each web server that terminates TLS. Tag
   * `name:origin`.
   */
  originCertificate: "origin",
  /** tls checks of the certificate files of our own CAs on each server. Tags `name:internal` and `file:<path>`. */
  internalCertificate: "internal",
  /** directory check that counts /run/reboot-required. Tag `name:reboot-required`. */
  rebootRequired: "reboot-required",
  /**
   * directory check of the files from ship.py whose ages equal the ages of the oldest and newest restorable time. Tag `name:restorable`.
   */
  restorable: "restorable",
} as const;

/** Health notices of a server: files below `paths.notices`. A directory check counts each of them under its own name. */
export const notices = {
  /** At least one component is not set up; see server-setup. */
  setup: "server-setup",
  /** The active firewall rules differ from the rule file. */
  hostFirewall: "host-firewall",
  /** No interface has the private address. */
  privateNetwork: "private-network",
  /** mysql-group does not answer. */
  mysqlGroup: "mysql",
  /** Upgrades that are not installed automatically. */
  vendorUpdates: "vendor-updates",
  /** A step of the nightly upgrade has not succeeded for three days. */
  updates: "updates",
  /** Something that the server depends on ends within 180 days. */
  expiry: "expiry",
} as const;

/** Health notices of a member about the archive, one per cause. They exist only with `backup`; see ship.py of mysql-backup. */
export const archiveNotices = {
  /** Changes do not reach the bucket in time, or mysql-backup does not run. */
  behind: "backup",
  /** The bucket is reachable but rejects requests. */
  refused: "backup-refused",
  /** The last base backup is old, or none exists. */
  base: "backup-base",
  /** The system disk will soon be too small for a base backup. */
  room: "backup-room",
  /** The last restore drill failed, or no drill has succeeded for days. */
  drill: "backup-drill",
  /** Logs were deleted before their upload. */
  gap: "backup-gap",
  /** The private key of the archive is on the server. */
  key: "backup-key",
} as const;

/**
 * Log sources, by the `service` that the agent adds to their lines. The catalogue, the pipelines and the log metrics use it in searches.
 */
export const logServices = {
  /** nginx's access log in JSON, and its error log. */
  nginx: "nginx",
  /** The application's journal, one JSON object per line. */
  application: "app",
  /** MySQL's error log. */
  mysql: "mysql",
  /** MySQL's slow log. Each entry has several lines. */
  mysqlSlow: "mysql-slow",
  /** Journal of mysql-group: actions and waiting reasons of each member. */
  mysqlGroup: "mysql-group",
  /** Journal of sshd. */
  ssh: "ssh",
  /** Kernel lines of the host firewall: "nftables dropped in: …", at most six per minute and direction. */
  firewall: "firewall",
  /** dpkg's log of package changes. */
  packages: "dpkg",
} as const;

/** nginx logs only one in this number of the requests that it rejects itself, because anyone can send any number of them. */
export const refusalsPerLine = 100;
