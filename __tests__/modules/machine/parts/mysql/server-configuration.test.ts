import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../../examples/guestbook/src/limits.js";
import { exampleBackup, exampleConfig } from "../../../../support/config.js";
import { contentOf, mysqlOf, variables } from "./support.js";

/** A file of the program that joins the group. */
const joinerSource = (name: string): string =>
  readFileSync(`modules/machine/parts/mysql/files/mysql-group/${name}`, "utf8");

describe("the server's configuration", () => {
  it("loses nothing that was acknowledged", () => {
    expect(variables()).toMatchObject({
      sync_binlog: "1",
      innodb_flush_log_at_trx_commit: "1",
      innodb_doublewrite: "ON",
    });
  });

  it("listens on the private address only, and only with TLS", () => {
    expect(variables()).toMatchObject({
      bind_address: "10.0.1.11",
      mysqlx: "OFF",
      require_secure_transport: "ON",
      tls_version: "TLSv1.2,TLSv1.3",
      loose_group_replication_ssl_mode: "VERIFY_IDENTITY",
      loose_group_replication_recovery_ssl_verify_server_cert: "ON",
    });
  });

  it("stays reachable when it is expelled: MySQL would turn neither offline mode nor a stop back when it rejoins", () => {
    expect(variables()["loose_group_replication_exit_state_action"]).toBe("READ_ONLY");
  });

  it("reads no files for clients, and writes none but where nobody looks for them", () => {
    expect(variables()).toMatchObject({ local_infile: "OFF", secure_file_priv: "/var/lib/mysql-files" });
  });

  it("runs no MySQL events on restored data, unless the configuration starts them", () => {
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

  it("keeps binary logs for longer than a member is away over a weekend", () => {
    const seconds = Number(variables()["binlog_expire_logs_seconds"]);
    expect(seconds).toBeGreaterThanOrEqual(3 * 24 * 3600);
    // Each further day is room on the volume.
    expect(seconds).toBeLessThanOrEqual(7 * 24 * 3600);
    // With an archive, mysql-backup alone lets them go.
    const archived = variables(mysqlOf("alpha", exampleConfig({ backup: exampleBackup })));
    expect(archived).toMatchObject({ binlog_expire_logs_auto_purge: "OFF" });
    expect(archived).not.toHaveProperty("binlog_expire_logs_seconds");
  });

  it("lets the private network alone into the group, however it is cut", () => {
    expect(variables()["loose_group_replication_ip_allowlist"]).toBe("10.0.1.0/24");
    const config = exampleConfig({ network: { subnet: "10.0.1.0/25" } });
    expect(variables(mysqlOf("alpha", config))["loose_group_replication_ip_allowlist"]).toBe("10.0.1.0/25");
  });

  it("refuses a commit that is not safe to replicate, and one of another format or without its key", () => {
    expect(variables()).toMatchObject({
      gtid_mode: "ON",
      enforce_gtid_consistency: "ON",
      log_replica_updates: "ON",
      binlog_row_image: "FULL",
      replica_preserve_commit_order: "ON",
      sql_require_primary_key: "ON",
    });
  });

  it("bounds what one transaction and one statement may take, the same for both", () => {
    const bytes = Number(variables()["loose_group_replication_transaction_size_limit"]);
    expect(variables()["max_allowed_packet"]).toBe(`${bytes / 1024 ** 2}M`);
    const cache = Number(variables()["loose_group_replication_message_cache_size"]);
    expect(cache).toBeGreaterThanOrEqual(2 * bytes);
    // It is memory that small servers would miss: the default of a GiB is half of theirs.
    expect(cache).toBeLessThanOrEqual(256 * 1024 ** 2);
  });

  it("is read-only until a group elects the member, and never starts or joins a group by itself", () => {
    expect(variables()).toMatchObject({
      super_read_only: "ON",
      loose_group_replication_start_on_boot: "OFF",
      loose_group_replication_bootstrap_group: "OFF",
      loose_group_replication_autorejoin_tries: "0",
    });
  });

  it("expels a dead member at once and leaves a minority after three seconds", () => {
    expect(variables()).toMatchObject({
      loose_group_replication_member_expel_timeout: "0",
      loose_group_replication_unreachable_majority_timeout: "3",
      loose_group_replication_consistency: "BEFORE_ON_PRIMARY_FAILOVER",
      loose_group_replication_single_primary_mode: "ON",
    });
  });

  it("has one address and one set of certificates, towards clients, the group and a member that recovers", () => {
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

  it("keeps its data on the volume, in files whose names the group and the archive go by", () => {
    expect(joinerSource("received.py")).toContain(
      `RELAY_LOGS = "${variables()["relay_log"]}-group_replication_applier.*"`,
    );
    expect(variables()).toMatchObject({ datadir: "/var/lib/mysql/data", log_bin: "binlog", binlog_checksum: "CRC32" });
  });

  it("loads what the group and a copy of it need", () => {
    expect(contentOf("/etc/mysql/server.cnf").match(/^plugin_load_add = .*$/gm)).toEqual([
      "plugin_load_add = group_replication.so",
      "plugin_load_add = mysql_clone.so",
    ]);
  });

  it("replays what a member missed, and clones only where the joiner says so", () => {
    expect(joinerSource("group.py")).toContain("NEVER = 2**63 - 1\n");
    expect(variables()["loose_group_replication_clone_threshold"]).toBe(String(2n ** 63n - 1n));
  });

  it("has one primary and one order of all messages, and holds it back before a replica is far behind", () => {
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

  it("asks no name server, keeps no time zone of its own, and locks out no host", () => {
    expect(variables()).toMatchObject({ skip_name_resolve: "ON", default_time_zone: "+00:00", log_timestamps: "UTC" });
    expect(Number(variables()["max_connect_errors"])).toBeGreaterThanOrEqual(1_000_000);
  });

  it("has connections for two pools of each web server that the address range has room for, and a hundred more", () => {
    const pools = 70 * 2 * limits.database.connectionsPerSide;
    const most = Number(variables()["max_connections"]);
    expect(most).toBeGreaterThanOrEqual(pools + 100);
    expect(most).toBeLessThan(2 * pools);
  });

  it("writes warnings and slow statements to the files that the agent follows and logrotate bounds", () => {
    expect(variables()).toMatchObject({
      log_error: "/var/log/mysql/error.log",
      log_error_verbosity: "2",
      log_output: "FILE",
      slow_query_log: "ON",
      slow_query_log_file: "/var/log/mysql/slow.log",
      long_query_time: "1",
    });
  });

  it("has a redo log for a busy hour that a small server can replay in minutes", () => {
    expect(variables()["innodb_redo_log_capacity"]).toBe("512M");
  });

  it("asks another member again for a minute before a recovery fails", () => {
    const own = variables();
    const [pause, attempts] = ["reconnect_interval", "retry_count"].map((name) =>
      Number(own[`loose_group_replication_recovery_${name}`]),
    ) as [number, number];
    expect(pause * attempts).toBeGreaterThanOrEqual(45);
    expect(pause * attempts).toBeLessThanOrEqual(120);
    expect(pause).toBeLessThanOrEqual(10);
  });

  it("gives each server another, stable id", () => {
    const ids = ["alpha", "bravo", "charlie"].map((name) => variables(mysqlOf(name))["server_id"]);
    expect(ids).toEqual(["167772427", "167772428", "167772429"]);
  });

  it("has no variable that only one of the series knows", () => {
    const oneSeriesOnly = [
      "mysql_native_password",
      "replica_allow_higher_version_source",
      "group_replication_view_change_uuid",
    ];
    expect(Object.keys(variables()).filter((name) => oneSeriesOnly.includes(name.replace("loose_", "")))).toEqual([]);
  });
});
