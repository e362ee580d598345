import { paths } from "../../platform/paths.js";
import type { MonitorDefinition } from "../definition.js";
import { noticed, series, type MonitoringContext } from "../scope.js";
import { archiveNotices, logServices } from "../../platform/signals.js";

/** Reported once by each member: the group chose a new primary (ER_GRP_RPL_NEW_PRIMARY_ELECTED). */
const primaryElected = "MY-011507";

/** mysql-group logs these words every few seconds while the state lasts. Once or twice is a busy server and no fault. */
const lettingGo = "asking the group to let go of";

const online = "member_state:online";
const primary = "member_role:primary";
const memberStatus = "mysql.replication.group.member_status";

/** Members without which the group has no majority and stops writing. */
const majority = (members: number): number => Math.floor(members / 2) + 1;

/** The database group. */
export const mysqlMonitors = ({ env, databaseMembers }: MonitoringContext): readonly MonitorDefinition[] => [
  {
    id: "mysql-down",
    title: "MySQL does not answer",
    condition: { kind: "check", check: "mysql.can_connect", over: [env], by: ["host"] },
    thresholds: { critical: 4 },
    urgency: "urgent",
    priority: 2,
    meaning: "This member is gone; the others go on while they are the majority.",
    firstLook: ["`systemctl status mysql` on the server", "MySQL's error log", "data-volume-full"],
  },
  {
    id: "member-not-online",
    title: "A database member is not ONLINE",
    condition: { kind: "check", check: "mysql.replication.group.status", over: [env], by: ["host"] },
    thresholds: { critical: 4 },
    urgency: "notUrgent",
    priority: 3,
    meaning: "MySQL runs but is RECOVERING, in ERROR or OFFLINE, so it neither votes nor serves reads.",
    firstLook: ["`journalctl -u mysql-group` on the server says what it waits for", "MySQL's error log"],
  },
  {
    id: "members-missing",
    title: "The database group has too few members",
    condition: {
      kind: "metric",
      reduce: "max",
      window: "5m",
      series: `default_zero(${series("sum", memberStatus, [env, online])})`,
      comparison: "<",
    },
    thresholds: { critical: majority(databaseMembers), warning: databaseMembers, exact: true },
    urgency: "urgent",
    priority: 1,
    meaning: `Warning: redundancy is lost. Critical: fewer than ${majority(databaseMembers)} of ${databaseMembers} members, no majority, so nothing can be written, whether they died or were stopped.`,
    firstLook: [
      "database dashboard: which member left",
      "server-silent and mysql-down",
      "never bootstrap a second group by hand; see the runbook",
    ],
  },
  {
    id: "member-unreachable",
    title: "The database group does not let go of a lost member",
    condition: {
      kind: "log",
      search: `${env} service:${logServices.mysqlGroup} "${lettingGo}"`,
      window: "10m",
      comparison: ">",
    },
    thresholds: { critical: 10 },
    urgency: "urgent",
    priority: 2,
    meaning:
      "MySQL keeps a member that nobody reaches, where it should expel it within seconds. If that was the primary, nobody takes its place; if it returns, it is not taken back.",
    firstLook: ["`mysql-group status`: which member, and who says so", "its server: off, or back and waiting"],
  },
  {
    id: "no-primary",
    title: "The database group has no primary",
    condition: {
      kind: "metric",
      reduce: "max",
      window: "5m",
      series: `default_zero(${series("sum", memberStatus, [env, online, primary])})`,
      comparison: "<",
    },
    thresholds: { critical: 1, exact: true },
    urgency: "urgent",
    priority: 1,
    meaning: "Nobody takes writes. A failover lasts seconds; this has lasted minutes.",
    firstLook: ["members-missing", "`journalctl -u mysql-group` on every member"],
  },
  {
    id: "two-primaries",
    title: "Two members say that they are primary",
    condition: {
      kind: "metric",
      reduce: "min",
      window: "5m",
      series: series("sum", memberStatus, [env, online, primary]),
      comparison: ">",
    },
    thresholds: { critical: 1, exact: true },
    urgency: "urgent",
    priority: 1,
    meaning:
      "There are two groups, and the smaller one has not left by itself as it should within seconds: both may take writes.",
    firstLook: [
      "`mysql-group status`: whose view holds most members, and does the other say that it leaves",
      "keep writes off the smaller side: `systemctl stop mysql`",
    ],
  },
  {
    id: "primary-changed",
    title: "The database has a new primary",
    condition: {
      kind: "log",
      search: `${env} service:${logServices.mysql} @error.code:${primaryElected}`,
      window: "15m",
      comparison: ">",
    },
    thresholds: { critical: 0, exact: true },
    urgency: "notUrgent",
    priority: 4,
    meaning: "A failover or a planned switch-over took place. Writes paused for seconds.",
    firstLook: ["was it planned", "why the old primary left: its error log, its server"],
  },
  {
    id: "applier-queue",
    title: "A replica falls behind",
    condition: {
      kind: "metric",
      reduce: "min",
      window: "10m",
      series: series("max", "mysql.replication.group.transactions_in_applier_queue", [env], ["server"]),
      comparison: ">",
    },
    thresholds: { critical: 1000, warning: 200 },
    urgency: "notUrgent",
    priority: 3,
    meaning: "So many transactions wait to be applied: reads are stale, and a failover to this member takes longer.",
    firstLook: [
      "disk and CPU of the server",
      "one huge transaction on the primary",
      "HAProxy takes it out of reads by itself",
    ],
  },
  {
    id: "certification-queue",
    title: "Transactions wait for certification",
    condition: {
      kind: "metric",
      reduce: "min",
      window: "10m",
      series: series("max", "mysql.replication.group.transactions", [env], ["server"]),
      comparison: ">",
    },
    thresholds: { critical: 500, warning: 100 },
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "The group agrees more slowly than the application writes, or a member is recovering; flow control will slow writes down.",
    firstLook: ["database dashboard: which member's queue", "latency of the private network"],
  },
  {
    id: "connections-near-limit",
    title: "MySQL runs out of connections",
    condition: {
      kind: "metric",
      reduce: "avg",
      window: "5m",
      series: `100 * ${series("max", "mysql.performance.threads_connected", [env], ["server"])} / ${series("max", "mysql.net.max_connections_available", [env], ["server"])}`,
      comparison: ">",
    },
    thresholds: { critical: 90, warning: 75 },
    urgency: "urgent",
    priority: 2,
    meaning: "At 100 % the application gets errors instead of connections.",
    firstLook: [
      "`SHOW PROCESSLIST`: who, and doing what for how long",
      "number of application servers times their pool size",
    ],
  },
  {
    id: "connections-anomaly",
    title: "Number of connections is unusual",
    condition: {
      kind: "anomaly",
      series: series("sum", "mysql.performance.threads_connected", [env]),
      window: "4h",
      trigger: "15m",
      deviations: 4,
      direction: "above",
    },
    thresholds: { critical: 0.8, warning: 0.5 },
    urgency: "notUrgent",
    priority: 4,
    meaning: "More connections than usual at this time: a leak, slow queries, or more traffic.",
    firstLook: ["requests-anomaly and slow-queries-anomaly", "database dashboard: running against sleeping threads"],
  },
  {
    id: "slow-queries-anomaly",
    title: "More slow queries than usual",
    condition: {
      kind: "anomaly",
      series: series("sum", "mysql.performance.slow_queries", [env]),
      window: "4h",
      trigger: "15m",
      deviations: 4,
      direction: "above",
    },
    thresholds: { critical: 0.8, warning: 0.5 },
    urgency: "notUrgent",
    priority: 3,
    meaning: "Queries above long_query_time pile up.",
    firstLook: ["logs with service:mysql-slow: which statement", "last release, missing index"],
  },
  {
    id: "mysql-errors",
    title: "MySQL logs errors",
    condition: {
      kind: "log",
      search: `${env} service:${logServices.mysql} status:error`,
      window: "10m",
      comparison: ">",
      by: "host",
    },
    thresholds: { critical: 10, warning: 2 },
    urgency: "notUrgent",
    priority: 3,
    meaning: "The server reports errors of its own (not of single queries).",
    firstLook: ["log explorer: the error code (MY-…)"],
  },
  {
    id: "data-volume-full",
    title: "The data volume fills up",
    condition: {
      kind: "metric",
      reduce: "max",
      window: "5m",
      series: series("max", "system.disk.in_use", [env, `device:${paths.mysql.mountPoint}`], ["server"]),
      comparison: ">",
    },
    thresholds: { critical: 0.85, warning: 0.7 },
    urgency: "urgent",
    priority: 2,
    meaning:
      "A primary whose volume is full takes no writes and hands its role over; all members fill at the same pace, and then nobody takes any.",
    firstLook: [
      "`mysql-group status`: who is full",
      "size of the binary logs against the tables",
      "raise database.volumeSizeGb, then grow the file system",
    ],
  },
  ...archiveMonitors(env),
];

/** A cause that a member names, by the notice of its own. */
const archiveMonitor = (
  env: string,
  cause: keyof typeof archiveNotices,
  rest: Omit<MonitorDefinition, "condition" | "thresholds" | "firstLook"> & { readonly look: string },
): MonitorDefinition => {
  const { look, ...definition } = rest;
  return {
    ...definition,
    condition: noticed(env, archiveNotices[cause], "5m"),
    thresholds: { critical: 1, exact: true },
    firstLook: [`\`cat ${paths.notices}/${archiveNotices[cause]}\` on the server: what and why`, look],
  };
};

/** What may be wrong with the archive of the data; one monitor for each cause, for what helps differs. The site itself goes on. */
const archiveMonitors = (env: string): readonly MonitorDefinition[] => [
  archiveMonitor(env, "behind", {
    id: "archive-behind",
    title: "The archive of the data is behind",
    urgency: "urgent",
    priority: 2,
    meaning:
      "What is written now would be lost with the servers: for more than a minute nothing of it has reached the bucket.",
    look: "`journalctl -u mysql-backup`",
  }),
  archiveMonitor(env, "refused", {
    id: "archive-refused",
    title: "The bucket of the archive refuses",
    urgency: "urgent",
    priority: 2,
    meaning: "The object storage answers, and takes nothing: what is written now would be lost with the servers.",
    look: "403: the key; 507: the bucket's quota; `npm run ops -- backups --check-bucket`",
  }),
  archiveMonitor(env, "base", {
    id: "archive-base-old",
    title: "The last copy of all data is old",
    urgency: "notUrgent",
    priority: 3,
    meaning: "A restore has more logs to replay than it should; without any copy nothing can be restored.",
    look: "`journalctl -u mysql-base`, on each member",
  }),
  archiveMonitor(env, "drill", {
    id: "archive-drill-failed",
    title: "The archive is not known to be good",
    urgency: "urgent",
    priority: 2,
    meaning: "The last drill could not restore the archive, or none has tried for more than a week.",
    look: "`npm run ops backups`, and the run of the workflow drill",
  }),
  archiveMonitor(env, "gap", {
    id: "archive-gap",
    title: "The archive has a gap",
    urgency: "urgent",
    priority: 2,
    meaning:
      "Logs went that were never shipped: moments after them cannot be restored until the next copy of all data.",
    look: "`npm run ops backups`: whether other members have shipped the same transactions",
  }),
  archiveMonitor(env, "key", {
    id: "archive-key-left",
    title: "The archive's private key is on a server",
    urgency: "notUrgent",
    priority: 3,
    meaning: "Whoever takes the server over can read the whole archive.",
    look: "`npm run ops -- restore --done`",
  }),
];
