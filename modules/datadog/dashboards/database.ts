import { paths } from "../../platform/paths.js";
import { instances } from "../../platform/signals.js";
import { series, type MonitoringContext } from "../scope.js";
import { graph, monitorStates, value, type WidgetGroup } from "./widgets.js";

const here = ["$env", "$role", "$server"];
const by = ["server"];
const memberStatus = "mysql.replication.group.member_status";
const online = [...here, "member_state:online"];

const mysql = (title: string, metric: string): ReturnType<typeof graph> =>
  graph(title, { value: series("avg", `mysql.${metric}`, here, by) });

/** The metrics of the archive have no tag of a member, because every member reports about the same archive. */
const restorable = [...here, `name:${instances.restorable}`];
const archive: WidgetGroup = {
  title: "Archive",
  widgets: [
    graph("Oldest and newest restorable time, seconds ago", {
      age: series("max", "system.disk.directory.file.modified_sec_ago", restorable, ["filename"]),
    }),
  ],
};

/** Returns the widgets of the database dashboard: members, replication and load. */
export const databaseDashboard = ({ config, env }: MonitoringContext): readonly WidgetGroup[] => [
  {
    title: "Group",
    widgets: [
      value("Members online", { members: series("sum", memberStatus, online) }, { aggregator: "last" }),
      graph("Members by role and state", {
        members: series("sum", memberStatus, here, ["server", "member_role", "member_state"]),
      }),
      monitorStates("Alerts", [env, "area:mysql"]),
    ],
  },
  {
    title: "Replication",
    widgets: [
      mysql("Transactions waiting to be applied", "replication.group.transactions_in_applier_queue"),
      mysql("Transactions waiting for certification", "replication.group.transactions"),
      mysql("Transactions rolled back by the group", "replication.group.transactions_rollback"),
    ],
  },
  {
    title: "Work",
    widgets: [
      mysql("Statements per second", "performance.questions"),
      mysql("Slow queries per second", "performance.slow_queries"),
      mysql("Row lock waits per second", "innodb.row_lock_waits"),
    ],
  },
  {
    title: "Room",
    widgets: [
      graph("Connections", {
        connected: series("max", "mysql.performance.threads_connected", here, by),
        running: series("max", "mysql.performance.threads_running", here, by),
        allowed: series("max", "mysql.net.max_connections_available", here),
      }),
      mysql("Buffer pool in use", "innodb.buffer_pool_utilization"),
      graph("Data volume in use", {
        share: series("max", "system.disk.in_use", [...here, `device:${paths.mysql.mountPoint}`], by),
      }),
      mysql("Failed connection attempts", "net.aborted_connects"),
    ],
  },
  ...(config.backup ? [archive] : []),
];
