/**
 * Everything the catalogue, the service levels and the dashboards may ask for, and who emits it: one list for queries and tests.
 * Names were read at their source, DataDog/integrations-core (`<integration>/metadata.csv`, `<integration>/assets/service_checks.json`)
 * and, for the core checks, DataDog/datadog-agent (`pkg/collector/corechecks/…`). Exceptions are noted beside the name.
 */

/** Checks of the agent that emit signals. The first four need no configuration. */
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
  // The name in metadata.csv; directory.py sends it with the tag name:<name of the instance>.
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
  // Group Replication: mysql.py sends these instead of the classic replication metrics when `options.replication` is true and the
  // plugin is ACTIVE; member_status is always 1 and says its state in the tags member_state and member_role.
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

/** Instances of checks that queries name by tag. */
export const instances = {
  /** http_check of the application, asked on loopback. Tag `instance:application`. */
  application: "application",
  /** tls check of the certificate that visitors see. Tag `name:edge`. */
  edgeCertificate: "edge",
  /** tls checks of the certificate on the balancer's private address, and of the file on each web server that ends TLS itself. Tag `name:origin`. */
  originCertificate: "origin",
  /** tls checks of the certificate files of our own authorities on each server. Tags `name:internal` and `file:<path>`. */
  internalCertificate: "internal",
  /** directory check that counts /run/reboot-required. Tag `name:reboot-required`. */
  rebootRequired: "reboot-required",
  /** directory check of the files of ship.py whose ages are those of the oldest and newest restorable time. Tag `name:restorable`. */
  restorable: "restorable",
} as const;

/** Notices of a server about itself: files below `paths.notices`, each counted by a directory check under its own name. */
export const notices = {
  /** Not every part is set up; see server-setup. */
  setup: "server-setup",
  /** The rules in force are not those of the file. */
  hostFirewall: "host-firewall",
  /** The private address is on no interface. */
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

/** Notices of a member about the archive, which there are with `backup`: one for each cause, see ship.py of mysql-backup. */
export const archiveNotices = {
  /** What is logged does not reach the bucket in time, or mysql-backup does not run. */
  behind: "backup",
  /** The bucket answers, and refuses. */
  refused: "backup-refused",
  /** The last copy of all data is old, or there is none. */
  base: "backup-base",
  /** The system disk will soon be too small for a base backup. */
  room: "backup-room",
  /** The last drill failed, or none was good for days. */
  drill: "backup-drill",
  /** Logs are gone that were never shipped. */
  gap: "backup-gap",
  /** The private key of the archive is on the server. */
  key: "backup-key",
} as const;

/** Log sources, by the `service` the agent gives their lines. The catalogue, the pipelines and the log metrics search by it. */
export const logServices = {
  /** nginx's access log in JSON, and its error log. */
  nginx: "nginx",
  /** The application's journal, one JSON object a line. */
  application: "app",
  /** MySQL's error log. */
  mysql: "mysql",
  /** MySQL's slow log, one entry of several lines each. */
  mysqlSlow: "mysql-slow",
  /** Journal of mysql-group: what each member waits for, and does. */
  mysqlGroup: "mysql-group",
  /** Journal of sshd. */
  ssh: "ssh",
  /** Kernel lines of the host firewall: "nftables dropped in: …", at most six a minute and direction. */
  firewall: "firewall",
  /** dpkg's log of package changes. */
  packages: "dpkg",
} as const;

/** Of the requests that nginx refuses by itself, one in this many is logged: anybody can cause them, as many as they like. */
export const refusalsPerLine = 100;
