/**
 * All signals that monitors, service levels and dashboards may use, with their sources. Queries and tests use this
 * list. The names come from DataDog/integrations-core (`<integration>/metadata.csv`,
 * `<integration>/assets/service_checks.json`) and, for core checks, from DataDog/datadog-agent
 * (`pkg/collector/corechecks/…`). A comment marks each signal that is in neither source.
 */

/** Checks of the Datadog agent that emit signals. The first four checks need no configuration. */
export type Emitter =
  "cpu" | "load" | "memory" | "agent" | "disk" | "ntp" | "directory" | "nginx" | "mysql" | "tls" | "http_check";

/** Metrics by name, each with the check that emits it. */
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
  // Metric of the directory check, as listed in metadata.csv. directory.py adds the tag name:<name of the instance>.
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
  // mysql.py sends these metrics of Group Replication instead of the classic replication metrics if
  // `options.replication` is true and the plugin is ACTIVE. The value of member_status is always 1, because the tags
  // member_state and member_role contain the state.
  "mysql.replication.group.member_status": "mysql",
  "mysql.replication.group.transactions": "mysql",
  "mysql.replication.group.transactions_in_applier_queue": "mysql",
  "mysql.replication.group.transactions_rollback": "mysql",
  "tls.days_left": "tls",
} as const satisfies Readonly<Record<string, Emitter>>;

/** Metric that `npm run ops drift` sends after it has compared all resources with the state. */
export const driftCompared = "platform.drift.compared";

/** Service checks by name, each with the agent's check that emits it. */
export const checkSignals = {
  "datadog.agent.up": "agent",
  "nginx.can_connect": "nginx",
  "mysql.can_connect": "mysql",
  "mysql.replication.group.status": "mysql",
  "http.can_connect": "http_check",
  "tls.can_connect": "tls",
} as const satisfies Readonly<Record<string, Emitter>>;

/** Names of check instances. Queries select an instance by the tag that contains this name. */
export const instances = {
  /** Instance of http_check for the application on loopback. Tag `instance:application`. */
  application: "application",
  /** Instance of the tls check for the certificate that visitors see. Tag `name:edge`. */
  edgeCertificate: "edge",
  /**
   * Instances of the tls check for the certificate on the load balancer's private address, and for the certificate file on each web server
   * that terminates TLS. Tag `name:origin`.
   */
  originCertificate: "origin",
  /** Instances of the tls check for certificate files of our own CAs on each server. Tags `name:internal` and `file:<path>`. */
  internalCertificate: "internal",
  /** Instance of the directory check that counts /run/reboot-required. Tag `name:reboot-required`. */
  rebootRequired: "reboot-required",
  /**
   * Instance of the directory check for two files that ship.py writes. The ages of the files equal the ages of the
   * oldest and the newest restorable time. Tag `name:restorable`.
   */
  restorable: "restorable",
} as const;

/**
 * Health notices of a server, which are files below `paths.notices`. The agent's directory check counts the files of
 * each notice under the notice's own name.
 */
export const notices = {
  /** Notice that at least one component is not set up; see server-setup. */
  setup: "server-setup",
  /** Notice that the active firewall rules differ from the rule file. */
  hostFirewall: "host-firewall",
  /** Notice that no network interface has the private address. */
  privateNetwork: "private-network",
  /** Notice that mysql-group does not answer. */
  mysqlGroup: "mysql",
  /** Notice about upgrades that are not installed automatically. */
  vendorUpdates: "vendor-updates",
  /** Notice that a step of the nightly upgrade has not succeeded for three days. */
  updates: "updates",
  /** Notice that a key, a certificate or Debian's support ends within 180 days. */
  expiry: "expiry",
} as const;

/**
 * Health notices of a database member about the archive, one notice for each cause. These notices exist only if
 * `backup` is set; see ship.py of mysql-backup.
 */
export const archiveNotices = {
  /** Notice that changes do not reach the archive's bucket in time, or that mysql-backup does not run. */
  behind: "backup",
  /** Notice that the bucket is reachable but rejects requests. */
  refused: "backup-refused",
  /** Notice that the last base backup is too old or missing. */
  base: "backup-base",
  /** Notice that the system disk will soon be too small for a base backup. */
  room: "backup-room",
  /** Notice that the last restore drill failed, or that no restore drill has succeeded for days. */
  drill: "backup-drill",
  /** Notice that binary logs were deleted before their upload. */
  gap: "backup-gap",
  /** Notice that the private key of the archive is on the server. */
  key: "backup-key",
} as const;

/**
 * Log sources. The agent adds the value as the attribute `service` to each line. Monitors, pipelines and log metrics
 * search by this value.
 */
export const logServices = {
  /** Access log of nginx in JSON, and error log of nginx. */
  nginx: "nginx",
  /** Journal of the application, with one JSON object per line. */
  application: "app",
  /** Error log of MySQL. */
  mysql: "mysql",
  /** Slow log of MySQL. Each entry has several lines. */
  mysqlSlow: "mysql-slow",
  /** Journal of mysql-group: the member's actions, and the reasons why it waits. */
  mysqlGroup: "mysql-group",
  /** Journal of sshd. */
  ssh: "ssh",
  /** Kernel log lines of the host firewall: "nftables dropped in: …". There are at most six lines per minute and direction. */
  firewall: "firewall",
  /** Log of package changes by dpkg. */
  packages: "dpkg",
} as const;

/**
 * Number of requests per log line, for requests that nginx itself rejects. nginx does not log every rejected request,
 * because anyone can send a large number of such requests.
 */
export const refusalsPerLine = 100;
