import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../../examples/guestbook/src/limits.js";
import { exampleBackup, exampleConfig } from "../../../../support/config.js";
import { spread } from "../../../../support/servers.js";
import { contentOf, mysqlOf, variables } from "./support.js";

/** Returns the text of a source file of mysql-group. */
const joinerSource = (name: string): string =>
  readFileSync(`modules/machine/parts/mysql/files/mysql-group/${name}`, "utf8");

describe("the server's configuration", () => {
  /** Each entry has a behaviour and the variables that cause it. GR is the prefix of the variables of Group Replication. */
  const behaviours = `
    writes acknowledged commits to disk: sync_binlog = 1 | innodb_flush_log_at_trx_commit = 1 | innodb_doublewrite = ON
    listens on the private address only: bind_address = 10.0.1.11 | port = 3306 | mysqlx = OFF
    accepts only connections with TLS: require_secure_transport = ON | tls_version = TLSv1.2,TLSv1.3
    verifies the certificates of other members: GR_ssl_mode = VERIFY_IDENTITY | GR_recovery_use_ssl = ON | GR_recovery_ssl_verify_server_cert = ON
    has one set of certificates: ssl_ca = /etc/mysql/tls/ca.pem | ssl_cert = /etc/mysql/tls/server.pem | ssl_key = /etc/mysql/tls/server.key
    has one address for clients and the group: report_host = 10.0.1.11 | report_port = 3306 | GR_local_address = 10.0.1.11:33061
    keeps an expelled member reachable, because it would not end its offline mode or restart by itself: GR_exit_state_action = READ_ONLY
    lets clients neither read files nor write outside one unused folder: local_infile = OFF | secure_file_priv = /var/lib/mysql-files
    rejects statements that are unsafe to replicate: gtid_mode = ON | enforce_gtid_consistency = ON | log_replica_updates = ON | binlog_row_image = FULL
    keeps the order of commits on replicas: replica_preserve_commit_order = ON
    rejects tables without a primary key: sql_require_primary_key = ON
    is read-only until a group elects the member: super_read_only = ON
    never starts or joins a group by itself: GR_start_on_boot = OFF | GR_bootstrap_group = OFF | GR_autorejoin_tries = 0
    expels a dead member immediately, and a member in a minority leaves the group after three seconds: GR_member_expel_timeout = 0 | GR_unreachable_majority_timeout = 3
    has one primary, which applies everything before it serves: GR_single_primary_mode = ON | GR_consistency = BEFORE_ON_PRIMARY_FAILOVER
    has a single leader of the group: GR_enforce_update_everywhere_checks = OFF | GR_paxos_single_leader = ON
    throttles writes before a replica is far behind: GR_flow_control_mode = QUOTA | GR_flow_control_applier_threshold = 25000 | GR_flow_control_certifier_threshold = 25000
    stores its data on the volume, with the log names that mysql-backup expects: datadir = /var/lib/mysql/data | log_bin = binlog | binlog_checksum = CRC32
    resolves no names and uses UTC: skip_name_resolve = ON | default_time_zone = +00:00 | log_timestamps = UTC
    writes warnings to a file that the agent reads: log_error = /var/log/mysql/error.log | log_error_verbosity = 2
    writes slow statements to a file that the agent reads: log_output = FILE | slow_query_log = ON | slow_query_log_file = /var/log/mysql/slow.log | long_query_time = 1
    has a redo log that a small server can replay in minutes: innodb_redo_log_capacity = 512M
    loads the plugins for the group and for clones: plugin_load_add = group_replication.so | plugin_load_add = mysql_clone.so
  `;

  it.each(behaviours.trim().split(/\n\s*/))("MySQL %s", (behaviour) => {
    const [, settings = ""] = behaviour.split(": ");
    expect(settings, "settings after the colon").not.toBe("");
    const lines = settings.replaceAll("GR_", "loose_group_replication_").split(" | ");
    expect(contentOf("/etc/mysql/server.cnf").split("\n")).toEqual(expect.arrayContaining(lines));
  });

  it("MySQL runs no events on restored data, unless the configuration starts them", () => {
    const restored = (startJobs: boolean) =>
      variables(
        mysqlOf(
          "alpha",
          exampleConfig({
            backup: exampleBackup,
            restore: { timeline: "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", at: "latest", startJobs },
          }),
        ),
      );
    expect(restored(false)["event_scheduler"]).toBe("OFF");
    expect(restored(true)).not.toHaveProperty("event_scheduler");
    expect(variables()).not.toHaveProperty("event_scheduler");
  });

  it("MySQL keeps binary logs for three days, or until they are in the archive", () => {
    const seconds = Number(variables()["binlog_expire_logs_seconds"]);
    expect(seconds).toBeGreaterThanOrEqual(3 * 24 * 3600);
    // Logs of more days would need more space on the volume.
    expect(seconds).toBeLessThanOrEqual(7 * 24 * 3600);
    // With an archive, MySQL deletes no logs, because mysql-backup deletes them.
    const archived = variables(mysqlOf("alpha", exampleConfig({ backup: exampleBackup })));
    expect(archived).toMatchObject({ binlog_expire_logs_auto_purge: "OFF" });
    expect(archived).not.toHaveProperty("binlog_expire_logs_seconds");
  });

  it("MySQL allows only addresses of the private network to join the group", () => {
    expect(variables()["loose_group_replication_ip_allowlist"]).toBe("10.0.1.0/24");
    const config = exampleConfig({ network: { subnet: "10.0.1.0/25" } });
    expect(variables(mysqlOf("alpha", config))["loose_group_replication_ip_allowlist"]).toBe("10.0.1.0/25");
  });

  it("MySQL has the same size limit for transactions and for statements", () => {
    const bytes = Number(variables()["loose_group_replication_transaction_size_limit"]);
    expect(variables()["max_allowed_packet"]).toBe(`${bytes / 1024 ** 2}M`);
    const cache = Number(variables()["loose_group_replication_message_cache_size"]);
    expect(cache).toBeGreaterThanOrEqual(2 * bytes);
    // The default of 1 GiB would be half of a small server's memory.
    expect(cache).toBeLessThanOrEqual(256 * 1024 ** 2);
  });

  it("MySQL elects a distant member as the primary only if no member nearby is left", () => {
    const weightOf = (name: string, config = exampleConfig(spread)) =>
      variables(mysqlOf(name, config))["loose_group_replication_member_weight"];
    expect(["alpha", "bravo", "charlie"].map((name) => weightOf(name))).toEqual([undefined, undefined, "25"]);
    expect(weightOf("charlie", exampleConfig())).toBeUndefined();
  });

  it("MySQL uses the same certificates and TLS versions for clients and for recovery", () => {
    const own = variables();
    for (const name of ["ssl_ca", "ssl_cert", "ssl_key", "tls_version"])
      expect(own[`loose_group_replication_recovery_${name}`]).toBe(own[name]);
  });

  it("MySQL names its relay logs as mysql-group expects", () => {
    const name = `${variables()["relay_log"]}-group_replication_applier.*`;
    expect(joinerSource("received.py")).toContain(`RELAY_LOGS = "${name}"`);
  });

  it("a joining member replays missed transactions, and is cloned only if it lowers the threshold for clones", () => {
    expect(joinerSource("group.py")).toContain("NEVER = 2**63 - 1\n");
    expect(variables()["loose_group_replication_clone_threshold"]).toBe(String(2n ** 63n - 1n));
  });

  it("MySQL applies transactions with several workers, as many as a small server can run", () => {
    const workers = Number(variables()["replica_parallel_workers"]);
    expect(workers).toBeGreaterThan(1);
    expect(workers).toBeLessThanOrEqual(16);
  });

  it("MySQL blocks no host after connection errors", () => {
    expect(Number(variables()["max_connect_errors"])).toBeGreaterThanOrEqual(1_000_000);
  });

  it("MySQL allows connections for two pools of each possible web server plus 100", () => {
    const pools = 70 * 2 * limits.database.connectionsPerEndpoint;
    const most = Number(variables()["max_connections"]);
    expect(most).toBeGreaterThanOrEqual(pools + 100);
    expect(most).toBeLessThan(2 * pools);
  });

  it("MySQL retries other members for about one minute before a recovery fails", () => {
    const own = variables();
    const [pause, attempts] = ["reconnect_interval", "retry_count"].map((name) =>
      Number(own[`loose_group_replication_recovery_${name}`]),
    ) as [number, number];
    expect(pause * attempts).toBeGreaterThanOrEqual(45);
    expect(pause * attempts).toBeLessThanOrEqual(120);
    expect(pause).toBeLessThanOrEqual(10);
  });

  it("MySQL gives each server a unique, stable id", () => {
    const ids = ["alpha", "bravo", "charlie"].map((name) => variables(mysqlOf(name))["server_id"]);
    expect(ids).toEqual(["167772427", "167772428", "167772429"]);
  });

  it("MySQL's configuration uses only variables that all supported MySQL series know", () => {
    const oneSeriesOnly = [
      "mysql_native_password",
      "replica_allow_higher_version_source",
      "group_replication_view_change_uuid",
    ];
    expect(Object.keys(variables()).filter((name) => oneSeriesOnly.includes(name.replace("loose_", "")))).toEqual([]);
  });
});
