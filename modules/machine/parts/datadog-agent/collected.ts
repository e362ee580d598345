import type { Role } from "../../../config/schema.js";
import { applicationLog } from "../../../platform/names.js";
import { logServices } from "../../../platform/signals.js";
import { paths } from "../../../platform/paths.js";

/** A source of log lines, as the agent's configuration writes it. */
export interface LogSource {
  readonly service: string;
  /** Names the technology: Datadog's own parsing goes by it. */
  readonly source: string;
  /** Servers that have it. @default all */
  readonly role?: Role;
  readonly from:
    | { readonly type: "file"; readonly path: string; readonly entryBegins?: string }
    | { readonly type: "journald"; readonly unit?: string; readonly match?: string };
}

/** Checks the agent runs besides its defaults (cpu, memory, disk, io, load, network, ntp, uptime, file handles). */
export const integrations = [
  { name: "nginx", role: "web" },
  { name: "http_check", role: "web" },
  { name: "mysql", role: "database" },
  // Instead of the default, which names disks by their device file.
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
    // Not by units: workers and schedules, which configurations name, have their own.
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

/** What the agents collect: monitors may ask for this and nothing else. */
export const collected = { integrations, logSources } as const;
