// `npm run docs` writes the names from modules/datadog/catalogue/.

/**
 * Names of all monitors and synthetic tests, by area. Do not change a name, because it is part of the Terraform
 * address, the key in the configuration and the heading in docs/runbook.md.
 */
export const monitorIds = {
  web: [
    "requests-anomaly",
    "balancer-silent",
    "balancer-down",
    "visitors-gone",
    "server-error-share",
    "server-error-count",
    "server-errors",
    "latency-p95",
    "latency-anomaly",
    "nginx-down",
    "application-down",
    "application-errors",
    "web-server-unhealthy",
  ],
  servers: [
    "cpu-busy",
    "load-high",
    "memory-low",
    "disk-full",
    "disk-forecast",
    "inodes-low",
    "clock-drift",
    "reboot-required",
    "vendor-updates",
    "updates-failing",
    "expiry-near",
    "drift-unchecked",
    "server-incomplete",
    "host-firewall-missing",
    "private-address-missing",
    "server-silent",
  ],
  mysql: [
    "mysql-down",
    "mysql-group-down",
    "member-not-online",
    "members-missing",
    "member-unreachable",
    "no-primary",
    "two-primaries",
    "primary-changed",
    "applier-queue",
    "certification-queue",
    "connections-near-limit",
    "connections-anomaly",
    "slow-queries-anomaly",
    "mysql-errors",
    "data-volume-full",
    "archive-behind",
    "archive-refused",
    "archive-base-old",
    "archive-base-room",
    "archive-drill-failed",
    "archive-gap",
    "archive-key-left",
  ],
  security: [
    "ssh-login",
    "ssh-failures",
    "edge-bypassed",
    "firewall-drops-anomaly",
    "throttled-requests-anomaly",
    "package-change",
  ],
  availability: [
    "page-check",
    "api-check",
    "redirect-check",
    "dns-check",
    "certificate-check",
    "edge-certificate",
    "origin-certificate",
    "internal-certificate",
    "availability-fast-burn",
    "availability-slow-burn",
    "latency-fast-burn",
    "latency-slow-burn",
  ],
} as const;

/** Part of the platform that a monitor observes. */
export type Area = keyof typeof monitorIds;
/** Name of a monitor or of a synthetic test. */
export type MonitorId = (typeof monitorIds)[Area][number];

/** Areas of the monitors, in the order of the runbook. */
export const areas = Object.keys(monitorIds) as readonly Area[];

/** Names of all monitors and synthetic tests, in the order of the areas. */
export const allMonitorIds: readonly MonitorId[] = areas.flatMap((area): readonly MonitorId[] => monitorIds[area]);
