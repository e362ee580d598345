import type { Role } from "../../../config/schema.js";
import { applicationLog } from "../../../platform/names.js";
import { logServices } from "../../../platform/signals.js";
import { paths } from "../../../platform/paths.js";

/** A source of log lines for the Datadog agent. */
export interface LogSource {
  readonly service: string;
  /** Technology that writes the log. Datadog selects a built-in log parser by this name. */
  readonly source: string;
  /** Role of the servers that have the log. @default - all servers */
  readonly role?: Role;
  readonly from:
    | { readonly type: "file"; readonly path: string; readonly entryBegins?: string }
    | { readonly type: "journald"; readonly unit?: string; readonly match?: string };
}

/**
 * Checks that the agent runs in addition to its default checks (cpu, memory, disk, io, load, network, ntp, uptime, file
 * handles).
 */
export const integrations = [
  { name: "nginx", role: "web" },
  { name: "http_check", role: "web" },
  { name: "mysql", role: "database" },
  // Replaces the agent's default disk check, which identifies disks by device file.
  { name: "disk" },
  { name: "tls" },
  { name: "directory" },
] as const satisfies readonly { name: string; role?: Role }[];

/** All logs that the Datadog agent collects. */
export const logSources: readonly LogSource[] = [
  { service: logServices.nginx, source: "nginx", role: "web", from: { type: "file", path: paths.nginx.accessLog } },
  { service: logServices.nginx, source: "nginx", role: "web", from: { type: "file", path: paths.nginx.errorLog } },
  {
    service: logServices.application,
    source: "nodejs",
    role: "web",
    // The agent selects this log by syslog identifier instead of by unit, because the unit names of workers and
    // schedules are configurable.
    from: { type: "journald", match: `SYSLOG_IDENTIFIER=${applicationLog}` },
  },
  { service: logServices.mysql, source: "mysql", role: "database", from: { type: "file", path: paths.mysql.errorLog } },
  {
    service: logServices.mysqlSlow,
    source: "mysql",
    role: "database",
    from: { type: "file", path: paths.mysql.slowLog, entryBegins: "# Time:" },
  },
  {
    service: logServices.mysqlGroup,
    source: "mysql",
    role: "database",
    from: { type: "journald", unit: "mysql-group.service" },
  },
  { service: logServices.ssh, source: "sshd", from: { type: "journald", unit: "ssh.service" } },
  { service: logServices.firewall, source: "nftables", from: { type: "journald", match: "_TRANSPORT=kernel" } },
  { service: logServices.packages, source: "dpkg", from: { type: "file", path: "/var/log/dpkg.log" } },
];

/** Integrations and logs that the Datadog agents collect. Monitors may query only these data. */
export const collected = { integrations, logSources } as const;
