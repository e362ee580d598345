import { paths } from "../../platform/paths.js";
import type { MonitorDefinition } from "../definition.js";
import { anomaly, logLines, metric, noticed, series, type MonitoringContext } from "../scope.js";
import { archiveNotices, logServices, notices } from "../../platform/signals.js";

/** Error code in the log of each member after the group has elected a new primary (ER_GRP_RPL_NEW_PRIMARY_ELECTED). */
const primaryElected = "MY-011507";

/**
 * Text that mysql-group logs every few seconds while the group has not expelled a lost member. One or two such lines
 * only mean that a server is busy.
 */
const lettingGo = "asking the group to let go of";

const online = "member_state:online";
const primary = "member_role:primary";
const memberStatus = "mysql.replication.group.member_status";

/** Returns the number of members that the group needs to accept writes. */
const majority = (members: number): number => Math.floor(members / 2) + 1;

/** Returns the monitors of the database group. */
export const mysqlMonitors = ({ env, databaseMembers }: MonitoringContext): readonly MonitorDefinition[] => [
  {
    id: "mysql-down",
    title: "MySQL does not answer",
    condition: { kind: "check", check: "mysql.can_connect", over: [env], by: ["host"] },
    thresholds: { critical: 4 },
    urgency: "urgent",
    priority: 2,
    meaning: "This member is down. The other members continue if they are a majority.",
    firstLook: [
      "Run `systemctl status mysql` on the server.",
      "Read MySQL's error log.",
      "Check whether data-volume-full alerts.",
    ],
  },
  {
    id: "mysql-group-down",
    title: "mysql-group does not answer",
    condition: noticed(env, notices.mysqlGroup, "5m"),
    thresholds: { critical: 1, exact: true },
    urgency: "urgent",
    priority: 2,
    meaning:
      "HAProxy asks mysql-group for the member's role. Without an answer, HAProxy sends no queries to this member. If this member is the primary, no server can write.",
    firstLook: [
      `Run \`cat ${paths.notices}/${notices.mysqlGroup}\` on the server.`,
      "Run `journalctl -u mysql-group` on the server.",
    ],
  },
  {
    id: "member-not-online",
    title: "A database member is not ONLINE",
    condition: { kind: "check", check: "mysql.replication.group.status", over: [env], by: ["host"] },
    thresholds: { critical: 4 },
    urgency: "notUrgent",
    priority: 3,
    meaning: "MySQL runs but is RECOVERING, in ERROR or OFFLINE, so it neither votes nor serves reads.",
    firstLook: ["Run `journalctl -u mysql-group` on the server. The log shows the reason.", "Read MySQL's error log."],
  },
  {
    id: "members-missing",
    title: "The database group has too few members",
    condition: metric("max", "5m", `default_zero(${series("sum", memberStatus, [env, online])})`, "<"),
    thresholds: { critical: majority(databaseMembers), warning: databaseMembers, exact: true },
    urgency: "urgent",
    priority: 1,
    meaning: `Warning: redundancy is lost. Critical: fewer than ${majority(databaseMembers)} of ${databaseMembers} members are online, so the group has no majority and rejects all writes.`,
    firstLook: [
      "Find the missing member on the database dashboard.",
      "Check whether server-silent or mysql-down alerts.",
      "Never bootstrap a second group by hand. Follow the runbook.",
    ],
  },
  {
    id: "member-unreachable",
    title: "The database group does not expel a lost member",
    condition: logLines(`${env} service:${logServices.mysqlGroup} "${lettingGo}"`, "10m"),
    thresholds: { critical: 10 },
    urgency: "urgent",
    priority: 2,
    meaning:
      "MySQL keeps an unreachable member that it should expel within seconds. If the unreachable member was the primary, no new primary is elected. If the member comes back, the group does not readmit it.",
    firstLook: [
      "Run `mysql-group status` to find the unreachable member.",
      "Check whether the unreachable member's server is off.",
    ],
  },
  {
    id: "no-primary",
    title: "The database group has no primary",
    condition: metric("max", "5m", `default_zero(${series("sum", memberStatus, [env, online, primary])})`, "<"),
    thresholds: { critical: 1, exact: true },
    urgency: "urgent",
    priority: 1,
    meaning: "No member has accepted writes for minutes. A normal failover takes seconds.",
    firstLook: ["Check whether members-missing alerts.", "Run `journalctl -u mysql-group` on every member."],
  },
  {
    id: "two-primaries",
    title: "Two members claim the primary role",
    condition: metric("min", "5m", series("sum", memberStatus, [env, online, primary]), ">"),
    thresholds: { critical: 1, exact: true },
    urgency: "urgent",
    priority: 1,
    meaning:
      "The group has split into two groups, and the primary of the smaller group did not stop within seconds. Both groups may accept writes.",
    firstLook: [
      "Run `mysql-group status` on both primaries, and compare the numbers of their members.",
      "Run `systemctl stop mysql` on the members of the smaller group.",
    ],
  },
  {
    id: "primary-changed",
    title: "The database has a new primary",
    condition: logLines(`${env} service:${logServices.mysql} @error.code:${primaryElected}`, "15m"),
    thresholds: { critical: 0, exact: true },
    urgency: "notUrgent",
    priority: 4,
    meaning: "A failover or a planned switch-over took place. Writes paused for seconds.",
    firstLook: ["Check whether the change was planned.", "If not, read MySQL's error log on the old primary."],
  },
  {
    id: "applier-queue",
    title: "A replica falls behind",
    condition: metric(
      "min",
      "10m",
      series("max", "mysql.replication.group.transactions_in_applier_queue", [env], ["server"]),
      ">",
    ),
    thresholds: { critical: 1000, warning: 200 },
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "More transactions than this limit wait to be applied, so reads are stale and a failover to this member takes longer.",
    firstLook: [
      "Check the disk and the CPU of the server.",
      "Check whether a very large transaction is running on the primary.",
      "Do not drain the member, because HAProxy sends it no reads.",
    ],
  },
  {
    id: "certification-queue",
    title: "Transactions wait for certification",
    condition: metric("min", "10m", series("max", "mysql.replication.group.transactions", [env], ["server"]), ">"),
    thresholds: { critical: 500, warning: 100 },
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "The group certifies transactions more slowly than the application writes, or a member is recovering. Flow control will slow writes down.",
    firstLook: [
      "Find the member with the long queue on the database dashboard.",
      "Check the latency of the private network.",
    ],
  },
  {
    id: "connections-near-limit",
    title: "MySQL runs out of connections",
    condition: metric(
      "avg",
      "5m",
      `100 * ${series("max", "mysql.performance.threads_connected", [env], ["server"])} / ${series("max", "mysql.net.max_connections_available", [env], ["server"])}`,
      ">",
    ),
    thresholds: { critical: 90, warning: 75 },
    urgency: "urgent",
    priority: 2,
    meaning: "At 100 % the application gets errors instead of connections.",
    firstLook: [
      "Run `SHOW PROCESSLIST` on the primary, and compare the accounts and times of the queries.",
      "Multiply the number of web servers by the pool size of the application.",
    ],
  },
  {
    id: "connections-anomaly",
    title: "Number of connections is unusual",
    condition: anomaly(series("sum", "mysql.performance.threads_connected", [env]), 4, "above"),
    thresholds: { critical: 0.8, warning: 0.5 },
    urgency: "notUrgent",
    priority: 4,
    meaning: "There are more connections than usual at this time, because of a leak, slow queries or more traffic.",
    firstLook: [
      "Check whether requests-anomaly or slow-queries-anomaly alerts.",
      "Compare running and sleeping threads on the database dashboard.",
    ],
  },
  {
    id: "slow-queries-anomaly",
    title: "More slow queries than usual",
    condition: anomaly(series("sum", "mysql.performance.slow_queries", [env]), 4, "above"),
    thresholds: { critical: 0.8, warning: 0.5 },
    urgency: "notUrgent",
    priority: 3,
    meaning: "More queries than usual take longer than long_query_time.",
    firstLook: [
      "Find the statement in the logs with service:mysql-slow.",
      "Check the last release for a missing index.",
    ],
  },
  {
    id: "mysql-errors",
    title: "MySQL logs errors",
    condition: logLines(`${env} service:${logServices.mysql} status:error`, "10m", "host"),
    thresholds: { critical: 10, warning: 2 },
    urgency: "notUrgent",
    priority: 3,
    meaning: "The MySQL server reports errors of the server itself, not of single queries.",
    firstLook: ["Find the error code (MY-…) in the logs with service:mysql."],
  },
  {
    id: "data-volume-full",
    title: "The data volume fills up",
    condition: metric(
      "max",
      "5m",
      series("max", "system.disk.in_use", [env, `device:${paths.mysql.mountPoint}`], ["server"]),
      ">",
    ),
    thresholds: { critical: 0.85, warning: 0.7 },
    urgency: "urgent",
    priority: 2,
    meaning:
      "If the primary's volume is full, the primary rejects writes and hands over its role. All volumes fill up at the same rate, so soon no member accepts writes.",
    firstLook: [
      "Run `mysql-group status` to find the full member.",
      "Compare the sizes of the binary logs and the tables.",
      "Increase database.volumeSizeGb, then grow the file system.",
    ],
  },
  ...archiveMonitors(env),
];

/** Returns a monitor of one archive problem, which the database members report with a health notice. */
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
    firstLook: [
      `Run \`cat ${paths.notices}/${archiveNotices[cause]}\` on the server. The notice shows the reason.`,
      look,
    ],
  };
};

/**
 * Returns the monitors of archive problems. Each problem has its own monitor, because each problem has a different fix.
 * An archive problem never affects the site.
 */
const archiveMonitors = (env: string): readonly MonitorDefinition[] => [
  archiveMonitor(env, "behind", {
    id: "archive-behind",
    title: "The archive of the data is behind",
    urgency: "urgent",
    priority: 2,
    meaning:
      "No changes have reached the bucket for more than a minute. If all servers were lost, new data would be lost.",
    look: "Run `journalctl -u mysql-backup` on the server.",
  }),
  archiveMonitor(env, "refused", {
    id: "archive-refused",
    title: "The archive's bucket rejects requests",
    urgency: "urgent",
    priority: 2,
    meaning: "The object storage is reachable but rejects writes. If all servers were lost, new data would be lost.",
    look: "For status 403 check the key, for 507 the bucket's quota. Then run `npm run ops -- backups --check-bucket`.",
  }),
  archiveMonitor(env, "base", {
    id: "archive-base-old",
    title: "The last copy of all data is old",
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "The last base backup is old, so a restore takes longer. If no base backup exists, a restore is impossible.",
    look: "Run `journalctl -u mysql-base` on each member.",
  }),
  archiveMonitor(env, "room", {
    id: "archive-base-room",
    title: "Base backups will soon have too little room",
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "A base backup needs the size of the data plus 2 GiB on the system disk, which is more than 80 % of the free space. Without that space, no base backup is made.",
    look: "Run `df -h /` on the server. Check whether the data or other files grow.",
  }),
  archiveMonitor(env, "drill", {
    id: "archive-drill-failed",
    title: "The archive has not passed a restore drill",
    urgency: "urgent",
    priority: 2,
    meaning: "The last restore drill failed, or no drill has run for more than a week.",
    look: "Run `npm run ops backups`, and read the last run of the workflow drill.",
  }),
  archiveMonitor(env, "gap", {
    id: "archive-gap",
    title: "The archive has a gap",
    urgency: "urgent",
    priority: 2,
    meaning: "Logs were lost before their upload. Times between the gap and the next base backup cannot be restored.",
    look: "Run `npm run ops backups`, which shows whether other members uploaded the same transactions.",
  }),
  archiveMonitor(env, "key", {
    id: "archive-key-left",
    title: "The archive's private key is on a server",
    urgency: "notUrgent",
    priority: 3,
    meaning: "An attacker who takes over the server can read the whole archive.",
    look: "If the restore is complete, run `npm run ops -- restore --done`.",
  }),
];
