import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../../examples/guestbook/src/limits.js";
import { exampleBackup, exampleConfig } from "../../../../support/config.js";
import { spread } from "../../../../support/servers.js";
import { contentOf, mysqlOf, variables } from "./support.js";

/** A source file of mysql-group. */
const joinerSource = (name: string): string =>
  readFileSync(`modules/machine/parts/mysql/files/mysql-group/${name}`, "utf8");

describe("the server's configuration", () => {
  it("MySQL writes acknowledged commits to disk", () => {
    expect(variables()).toMatchObject({
      sync_binlog: "1",
      innodb_flush_log_at_trx_commit: "1",
      innodb_doublewrite: "ON",
    });
  });

  it("MySQL listens on the private address only, and only with TLS", () => {
    expect(variables()).toMatchObject({
      bind_address: "10.0.1.11",
      mysqlx: "OFF",
      require_secure_transport: "ON",
      tls_version: "TLSv1.2,TLSv1.3",
      loose_group_replication_ssl_mode: "VERIFY_IDENTITY",
      loose_group_replication_recovery_ssl_verify_server_cert: "ON",
    });
  });

  it("an expelled member stays reachable, because MySQL would not end its offline mode or restart by itself", () => {
    expect(variables()["loose_group_replication_exit_state_action"]).toBe("READ_ONLY");
  });

  it("MySQL clients can neither read files nor write outside one unused folder", () => {
    expect(variables()).toMatchObject({ local_infile: "OFF", secure_file_priv: "/var/lib/mysql-files" });
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
    // Each further day needs space on the volume.
    expect(seconds).toBeLessThanOrEqual(7 * 24 * 3600);
    // With an archive, only mysql-backup deletes logs.
    const archived = variables(mysqlOf("alpha", exampleConfig({ backup: exampleBackup })));
    expect(archived).toMatchObject({ binlog_expire_logs_auto_purge: "OFF" });
    expect(archived).not.toHaveProperty("binlog_expire_logs_seconds");
  });

  it("MySQL allows only the private network into the group", () => {
    expect(variables()["loose_group_replication_ip_allowlist"]).toBe("10.0.1.0/24");
    const config = exampleConfig({ network: { subnet: "10.0.1.0/25" } });
    expect(variables(mysqlOf("alpha", config))["loose_group_replication_ip_allowlist"]).toBe("10.0.1.0/25");
  });

  it("MySQL rejects statements that are unsafe to replicate, and tables without a primary key", () => {
    expect(variables()).toMatchObject({
      gtid_mode: "ON",
      enforce_gtid_consistency: "ON",
      log_replica_updates: "ON",
      binlog_row_image: "FULL",
      replica_preserve_commit_order: "ON",
      sql_require_primary_key: "ON",
    });
  });

  it("MySQL limits transactions and statements to the same size", () => {
    const bytes = Number(variables()["loose_group_replication_transaction_size_limit"]);
    expect(variables()["max_allowed_packet"]).toBe(`${bytes / 1024 ** 2}M`);
    const cache = Number(variables()["loose_group_replication_message_cache_size"]);
    expect(cache).toBeGreaterThanOrEqual(2 * bytes);
    // The default of 1 GiB is half of a small server's memory.
    expect(cache).toBeLessThanOrEqual(256 * 1024 ** 2);
  });

  it("MySQL is read-only until a group elects the member, and never starts or joins a group by itself", () => {
    expect(variables()).toMatchObject({
      super_read_only: "ON",
      loose_group_replication_start_on_boot: "OFF",
      loose_group_replication_bootstrap_group: "OFF",
      loose_group_replication_autorejoin_tries: "0",
    });
  });

  it("MySQL expels a dead member immediately, and a member in a minority leaves the group after three seconds", () => {
    expect(variables()).toMatchObject({
      loose_group_replication_member_expel_timeout: "0",
      loose_group_replication_unreachable_majority_timeout: "3",
      loose_group_replication_consistency: "BEFORE_ON_PRIMARY_FAILOVER",
      loose_group_replication_single_primary_mode: "ON",
    });
  });

  it("an election chooses a far member only if no near member is left", () => {
    const weightOf = (name: string, config = exampleConfig(spread)) =>
      variables(mysqlOf(name, config))["loose_group_replication_member_weight"];
    expect(["alpha", "bravo", "charlie"].map((name) => weightOf(name))).toEqual([undefined, undefined, "25"]);
    expect(weightOf("charlie", exampleConfig())).toBeUndefined();
  });

  it("MySQL uses one address and one set of certificates for clients, the group and recovery", () => {
    const own = variables();
    expect(own).toMatchObject({
      port: "3306",
      report_host: "10.0.1.11",
      report_port: "3306",
      loose_group_replication_local_address: "10.0.1.11:33061",
      ssl_ca: "/etc/mysql/tls/ca.pem",
      ssl_cert: "/etc/mysql/tls/server.pem",
      ssl_key: "/etc/mysql/tls/server.key",
      loose_group_replication_recovery_use_ssl: "ON",
      loose_group_replication_recovery_tls_version: own["tls_version"],
    });
    for (const name of ["ssl_ca", "ssl_cert", "ssl_key"])
      expect(own[`loose_group_replication_recovery_${name}`]).toBe(own[name]);
  });

  it("MySQL stores its data on the volume with the file names that mysql-group and mysql-backup use", () => {
    expect(joinerSource("received.py")).toContain(
      `RELAY_LOGS = "${variables()["relay_log"]}-group_replication_applier.*"`,
    );
    expect(variables()).toMatchObject({ datadir: "/var/lib/mysql/data", log_bin: "binlog", binlog_checksum: "CRC32" });
  });

  it("MySQL loads the plugins for group replication and clone", () => {
    expect(contentOf("/etc/mysql/server.cnf").match(/^plugin_load_add = .*$/gm)).toEqual([
      "plugin_load_add = group_replication.so",
      "plugin_load_add = mysql_clone.so",
    ]);
  });

  it("a joining member replays missed transactions, and is cloned only if it lowers the threshold", () => {
    expect(joinerSource("group.py")).toContain("NEVER = 2**63 - 1\n");
    expect(variables()["loose_group_replication_clone_threshold"]).toBe(String(2n ** 63n - 1n));
  });

  it("the group has one primary and a single leader, and throttles writes before a replica is far behind", () => {
    expect(variables()).toMatchObject({
      loose_group_replication_enforce_update_everywhere_checks: "OFF",
      loose_group_replication_paxos_single_leader: "ON",
      loose_group_replication_flow_control_mode: "QUOTA",
      loose_group_replication_flow_control_applier_threshold: "25000",
      loose_group_replication_flow_control_certifier_threshold: "25000",
    });
    const workers = Number(variables()["replica_parallel_workers"]);
    expect(workers).toBeGreaterThan(1);
    expect(workers).toBeLessThanOrEqual(16);
  });

  it("MySQL resolves no names, uses UTC, and blocks no host", () => {
    expect(variables()).toMatchObject({ skip_name_resolve: "ON", default_time_zone: "+00:00", log_timestamps: "UTC" });
    expect(Number(variables()["max_connect_errors"])).toBeGreaterThanOrEqual(1_000_000);
  });

  it("MySQL allows connections for two pools of each possible web server plus 100", () => {
    const pools = 70 * 2 * limits.database.connectionsPerEndpoint;
    const most = Number(variables()["max_connections"]);
    expect(most).toBeGreaterThanOrEqual(pools + 100);
    expect(most).toBeLessThan(2 * pools);
  });

  it("MySQL writes warnings and slow statements to files that the agent reads and logrotate limits", () => {
    expect(variables()).toMatchObject({
      log_error: "/var/log/mysql/error.log",
      log_error_verbosity: "2",
      log_output: "FILE",
      slow_query_log: "ON",
      slow_query_log_file: "/var/log/mysql/slow.log",
      long_query_time: "1",
    });
  });

  it("MySQL has a redo log that a small server can replay in minutes", () => {
    expect(variables()["innodb_redo_log_capacity"]).toBe("512M");
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

  it("MySQL's configuration uses only variables that all series support", () => {
    const oneSeriesOnly = [
      "mysql_native_password",
      "replica_allow_higher_version_source",
      "group_replication_view_change_uuid",
    ];
    expect(Object.keys(variables()).filter((name) => oneSeriesOnly.includes(name.replace("loose_", "")))).toEqual([]);
  });
});
