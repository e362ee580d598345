import type { Role } from "../../../config/schema.js";
import { applicationLog } from "../../../platform/names.js";
import { logServices } from "../../../platform/signals.js";
import { paths } from "../../../platform/paths.js";

/** A source of log lines in the agent's configuration. */
export interface LogSource {
  readonly service: string;
  /** Technology, which selects Datadog's built-in parsing. */
  readonly source: string;
  /** Role of the servers that have it. @default all */
  readonly role?: Role;
  readonly from:
    | { readonly type: "file"; readonly path: string; readonly entryBegins?: string }
    | { readonly type: "journald"; readonly unit?: string; readonly match?: string };
}

/** Checks that the agent runs in addition to its defaults (cpu, memory, disk, io, load, network, ntp, uptime, file handles). */
export const integrations = [
  { name: "nginx", role: "web" },
  { name: "http_check", role: "web" },
  { name: "mysql", role: "database" },
  // Replaces the default, which identifies disks by device file.
  { name: "disk" },
  { name: "tls" },
  { name: "directory" },
] as const satisfies readonly { name: string; role?: Role }[];

/** Every log that is collected. */
export const logSources: readonly LogSource[] = [
  { service: logServices.nginx, source: "nginx", role: "web", from: { type: "file", path: paths.nginx.accessLog } },
  { service: logServices.nginx, source: "nginx", role: "web", from: { type: "file", path: paths.nginx.errorLog } },
  {
    service: logServices.application,
    source: "nodejs",
    role: "web",
    // Not by unit, because workers and schedules have units with configured names.
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

/** Everything that the agents collect; monitors may use nothing else. */
export const collected = { integrations, logSources } as const;
