import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../../examples/guestbook/src/limits.js";
import { mysqlPart } from "../../../../../modules/machine/parts/mysql/index.js";
import { exampleBackup, exampleConfig, exampleKeyFile } from "../../../../support/config.js";
import { partOf, temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { splitServers } from "../../../../support/servers.js";
import { stepsOf } from "../../../../support/steps.js";
import { hasTool, runTool } from "../../../../support/tools.js";
import { allowedToAll, judgeDropIn, judgeUnits } from "../../../../support/units.js";

const joinerFolder = "../../../../../modules/machine/parts/mysql/files/mysql-group";
/** Comes with the release. */
const mysqlData = readFileSync(
  new URL("../../../../../modules/machine/parts/mysql/files/mysql-data", import.meta.url),
  "utf8",
);
const mysqlOf = (name: string, config = exampleConfig()) => partOf(mysqlPart, config, name);
const contentOf = (path: string, part = mysqlOf("alpha")): string =>
  part.files?.find((file) => file.path === path)?.content ?? "";
const variables = (part = mysqlOf("alpha")): Readonly<Record<string, string>> => {
  const lines = contentOf("/etc/mysql/server.cnf", part).matchAll(/^(\w+) = (.*)$/gm);
  return Object.fromEntries([...lines].map(([, name = "", value = ""]) => [name, value] as const));
};
const joinerSource = (name: string): string =>
  readFileSync(new URL(`${joinerFolder}/${name}`, import.meta.url), "utf8");
const settings = (part = mysqlOf("alpha")): unknown => JSON.parse(contentOf("/etc/mysql-group/group.json", part));

describe("MySQL with defaults", () => {
  it("comes from the vendor's repository of the LTS series for the machine's suite", () => {
    const [source] = mysqlOf("alpha").aptSources ?? [];
    expect(source?.source).toBe("deb http://repo.mysql.com/apt/debian $RELEASE mysql-9.7-lts");
  });

  it("tells the joiner every member in order, and where passwords lie", () => {
    expect(settings()).toEqual({
      server: "alpha",
      address: "10.0.1.11",
      members: { alpha: "10.0.1.11", bravo: "10.0.1.12", charlie: "10.0.1.13" },
      rolePort: 8008,
      socket: "/run/mysqld/mysqld.sock",
      subnet: "10.0.1.0/24",
      database: "app",
      privileges: "read-write",
      maximumReplicaLagSeconds: 5,
      passwords: {
        app: "/etc/mysql-group/app-password",
        replication: "/etc/mysql-group/replication-password",
        datadog: "/etc/mysql-group/monitoring-password",
      },
    });
  });
});

describe("MySQL with everything set", () => {
  const config = exampleConfig({
    servers: splitServers,
    database: { series: "8.4", bufferPoolMib: 640, groupName: "11111111-2222-4333-8444-555555555555" },
    monitoring: { enabled: false },
    aptSources: { mysql: { url: "https://mirror.foobar.com/mysql" } },
  });
  const part = mysqlOf("middle", config);

  it("follows the configuration", () => {
    expect(part.aptSources?.[0]?.source).toBe("deb https://mirror.foobar.com/mysql $RELEASE mysql-8.4-lts");
    expect(variables(part)).toMatchObject({
      bind_address: "10.0.1.12",
      report_host: "10.0.1.12",
      innodb_buffer_pool_size: "640M",
      loose_group_replication_group_name: "11111111-2222-4333-8444-555555555555",
      loose_group_replication_group_seeds: "10.0.1.11:33061,10.0.1.12:33061,10.0.1.13:33061",
    });
  });

  it("names only database servers as members and makes no account for a monitoring that is off", () => {
    expect(settings(part)).toMatchObject({
      members: { left: "10.0.1.11", middle: "10.0.1.12", right: "10.0.1.13" },
      passwords: { app: expect.any(String) as string, replication: expect.any(String) as string },
    });
    expect(settings(part)).not.toHaveProperty("passwords.datadog");
  });
});

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

describe("the apt key", () => {
  it("is MySQL Release Engineering's, pinned by its fingerprint", () => {
    expect(mysqlOf("alpha").aptSources?.[0]?.key).toMatchObject({
      url: "https://repo.mysql.com/RPM-GPG-KEY-mysql-2025",
      fingerprints: ["BCA43417C3B485DD128EC6D4B7B3B788A8D3785C"],
    });
  });

  it("is the owner's for a mirror", () => {
    const config = exampleConfig({ aptSources: { mysql: { keyFile: exampleKeyFile } } });
    expect(mysqlOf("alpha", config).aptSources?.[0]?.key).toBe(readFileSync(exampleKeyFile, "utf8"));
  });
});

describe("scripts and units", () => {
  it("pass shellcheck", () => {
    if (!hasTool("shellcheck", "mysql-data")) return;
    for (const script of [mysqlData, contentOf("/usr/local/sbin/mysql-group")])
      expect(runTool("shellcheck", ["-"], script)).toEqual({ status: 0, output: "" });
  });

  describe("make the data of a volume mysql's", () => {
    /** Runs `mysql-data initialize` on a volume with data of this owner and group; returns what it changes. */
    const changes = (owner: string): string => {
      const folder = temporaryFolder();
      const tool = (name: string, body: string) => ({
        path: `bin/${name}`,
        content: `#!/bin/sh\n${body}\n`,
        permissions: "0755",
      });
      writeBelow(folder, [
        { path: "data/mysql/table", content: "" },
        {
          path: "mysql-data",
          content: mysqlData.replace("=/var/lib/mysql", `=${folder}`),
        },
        tool("mountpoint", "true"),
        tool("stat", `case "$*" in *%U:%G*) echo ${owner} ;; *%U*) echo ${owner.split(":")[0]} ;; esac`),
        tool("chown", 'echo "chown $*"'),
        tool("mysqld", "echo mysqld"),
      ]);
      const run = `PATH=${folder}/bin:$PATH sh ${folder}/mysql-data initialize`;
      return runTool("sh", ["-c", run]).output.replace(folder, "");
    };

    it.each(["UNKNOWN:UNKNOWN", "haproxy:haproxy", "mysql:haproxy"])("when it belongs to %s", (owner) => {
      expect(changes(owner)).toBe("chown -R mysql:mysql /data\n");
    });

    it("and leave alone what is mysql's already", () => {
      expect(changes("mysql:mysql")).toBe("");
    });
  });

  it("let mysqld start only on the mounted volume and only when configured", () => {
    const dropIn = contentOf("/etc/systemd/system/mysql.service.d/group.conf");
    expect(dropIn).toContain("AssertPathIsMountPoint=/var/lib/mysql\n");
    expect(dropIn).toContain("Requires=mysql-data.service\n");
    expect(dropIn).toContain("ConditionPathExists=/etc/mysql/mysql.conf.d/zz-server.cnf\n");
  });

  it("hand over the primary's role before MySQL stops, whether or not that succeeds", () => {
    expect(contentOf("/etc/systemd/system/mysql.service.d/group.conf")).toContain(
      "ExecStop=-+/usr/local/sbin/mysql-group step-down\n",
    );
  });

  it("hide from the joiner, which is root, the sockets behind which somebody does what root says", () => {
    expect(contentOf("/etc/systemd/system/mysql-group.service")).toContain(
      "InaccessiblePaths=-/run/dbus -/run/systemd/private -/run/systemd/resolve\n",
    );
  });

  it("leave mysqld no way round the firewall to a name server", () => {
    expect(contentOf("/etc/systemd/system/mysql.service.d/group.conf")).toContain(
      "InaccessiblePaths=-/run/dbus -/run/systemd/resolve\n",
    );
  });

  describe.runIf(hasTool("systemd-analyze", "MySQL's units"))("by systemd's own judgement", () => {
    const unit = (name: string): string => contentOf(`/etc/systemd/system/${name}`);
    const data = { "mysql-data.service": unit("mysql-data.service") };
    const dropIn = `${unit("mysql.service.d/group.conf")}User=mysql\n`;

    it("keep mysqld in a sandbox, after its volume", () => {
      const { complaints, exposure, allowed } = judgeDropIn("mysql.service", dropIn, data);
      expect(complaints).toBe("");
      expect(exposure).toBeLessThanOrEqual(4.9);
      // The vendor's unit decides about system calls, and as mysql it has no capability to bound.
      const besides = allowed.filter((name) => !/^(CapabilityBoundingSet|SystemCallFilter)_/.test(name));
      expect(besides.filter((name) => !allowedToAll.includes(name))).toEqual([
        "MemoryDenyWriteExecute",
        "ProtectSystem",
        "RemoveIPC",
        "RestrictAddressFamilies_AF_NETLINK",
        "UMask",
      ]);
      expect(dropIn).toMatch(/^ProtectSystem=full$/m);
    });

    it("keep the joiner in a narrower one, though it is root", () => {
      const { complaints, exposure, allowed } = judgeUnits({
        "mysql-group.service": unit("mysql-group.service"),
        ...data,
      });
      expect(complaints).toBe("");
      expect(exposure).toBeLessThanOrEqual(2);
      expect(allowed.filter((name) => !allowedToAll.includes(name))).toEqual(["UserOrDynamicUser"]);
    });

    it("miss the volume's unit where it is not there", () => {
      expect(judgeDropIn("mysql.service", dropIn).complaints).toContain("mysql-data.service");
    });
  });

  it("mount the volume and make its data before MySQL, once, however long that takes", () => {
    expect(contentOf("/etc/systemd/system/mysql-data.service")).toMatch(
      /^Before=mysql\.service\n\n\[Service\]\nType=oneshot\nRemainAfterExit=yes\nExecStart=\S+\/mysql-data mount\nExecStart=\S+\/mysql-data initialize\n[^]*^TimeoutStartSec=infinity$/m,
    );
    expect(contentOf("/etc/mysql/initialize.sql")).toContain(
      "ALTER USER 'root'@'localhost' IDENTIFIED WITH auth_socket;\n",
    );
  });

  it("start MySQL again after a crash and after a clone, for ever, on data that are there and with logs of its own", () => {
    const dropIn = contentOf("/etc/systemd/system/mysql.service.d/group.conf");
    // The package's own checks know another data directory: they are taken away before ours.
    expect(dropIn).toMatch(
      /^ExecStartPre=\nExecStartPre=\+\S+\/mysql-data wait\nExecStartPre=\+\S+\/systemd-tmpfiles --create \/etc\/tmpfiles\.d\/mysql-logs\.conf$/m,
    );
    for (const line of [
      "After=mysql-data.service network-online.target",
      "Wants=network-online.target",
      "RequiresMountsFor=/var/lib/mysql",
      "StartLimitIntervalSec=0",
      // What mysqld ends with where a supervisor is to start it again, as after a clone.
      "Environment=MYSQLD_PARENT_PID=1",
      "SuccessExitStatus=16",
      "RestartForceExitStatus=16",
      "Restart=on-failure",
      "RestartSec=2",
      "RestartPreventExitStatus=",
      "LimitNOFILE=65536",
      "OOMScoreAdjust=-500",
    ])
      expect(dropIn.split("\n")).toContain(line);
  });

  it("configure MySQL only when it is installed and the release has brought what finds its volume, and do not wait for that volume", () => {
    const setup = mysqlOf("alpha").setup ?? "";
    expect(stepsOf(setup)).toEqual(["mysql waits for the release, which brings mysql-data", "exit 1"]);
    expect(stepsOf(setup, { files: { "/opt/platform/mysql-data": "" } })).toEqual([
      "ln -sfn /opt/platform/mysql-data /usr/local/sbin/mysql-data",
      "ln -sfn ../server.cnf /etc/mysql/mysql.conf.d/zz-server.cnf",
      "systemctl daemon-reload",
      "systemctl enable --quiet mysql.service mysql-group.service",
      "systemctl start --no-block mysql.service mysql-group.service",
    ]);
  });

  it("rotate logs as the user that writes them, and let MySQL begin new ones without a transaction of its own", () => {
    const rotation = contentOf("/etc/logrotate.d/mysql-server");
    expect(rotation).toMatch(/^\tdaily\n\tmaxsize 100M\n\trotate 7\n\tmissingok\n\tcompress\n/m);
    expect(rotation).not.toContain("delaycompress");
    expect(rotation).toContain("\tsu mysql dd-agent\n\tsharedscripts\n");
    const script = /postrotate\n([^]*?)\tendscript/.exec(rotation)?.[1] ?? "";
    expect(stepsOf(script)).toEqual([
      "systemctl is-active --quiet mysql",
      "mysql --user=root --socket=/run/mysqld/mysqld.sock --execute=FLUSH LOCAL ERROR LOGS; FLUSH LOCAL SLOW LOGS",
    ]);
    expect(stepsOf(script, { fails: "systemctl is-active" })).toEqual(["systemctl is-active --quiet mysql"]);
    for (const log of ["error.log", "slow.log"])
      expect(contentOf("/etc/tmpfiles.d/mysql-logs.conf")).toContain(`f /var/log/mysql/${log} 0640 mysql dd-agent\n`);
    expect(contentOf("/etc/tmpfiles.d/mysql-logs.conf")).toContain("z /var/log/mysql/*.log 0640 mysql dd-agent\n");
  });

  it("keep the joiner up, with the code of the release that it was started for and lines that come at once", () => {
    const unit = contentOf("/etc/systemd/system/mysql-group.service");
    for (const line of [
      "After=mysql-data.service mysql.service network-online.target",
      "Wants=network-online.target",
      "StartLimitIntervalSec=0",
      "ExecStartPre=+/bin/ln -sfn ${RELEASE_SHA256} /opt/mysql-group/current",
      // A release host that is busy is asked again for minutes, by a unit that counts as starting meanwhile.
      "TimeoutStartSec=600",
      "ExecStart=/usr/local/sbin/mysql-group daemon",
      "RestartSec=1",
      "RuntimeDirectory=mysql-group",
      "Environment=PYTHONUNBUFFERED=1",
      "MemoryMax=256M",
      "WantedBy=multi-user.target",
    ])
      expect(unit.split("\n")).toContain(line);
    expect(unit.indexOf("fetch-release")).toBeLessThan(unit.indexOf("/bin/ln"));
    // No compiled copies beside the release, which would not be whole any more.
    expect(contentOf("/usr/local/sbin/mysql-group")).toMatch(/python3 -B \/opt\/mysql-group\/current "\$@"\n$/);
  });

  it("bring the joiner's code from the server's release, and start it without waiting for that", () => {
    const unit = contentOf("/etc/systemd/system/mysql-group.service");
    expect(unit).toContain("EnvironmentFile=/etc/platform/release.env\n");
    expect(unit).toContain(
      "ExecStartPre=+/usr/local/sbin/fetch-release ${RELEASE_URL} ${RELEASE_SHA256} mysql-group /opt/mysql-group/${RELEASE_SHA256}\n",
    );
    expect(unit).toContain("Restart=always\n");
    expect(mysqlOf("alpha").setup).toContain("systemctl start --no-block mysql.service mysql-group.service\n");
  });

  it("keep the joiner's list of members on the data volume, and let it read what mysqld has received", () => {
    expect(mysqlData).toContain('install -d -m 0700 "$MOUNT_POINT/mysql-group"\n');
    const unit = contentOf("/etc/systemd/system/mysql-group.service");
    for (const line of [
      "Requires=mysql-data.service",
      "ReadWritePaths=/var/lib/mysql/mysql-group",
      "SupplementaryGroups=mysql",
    ])
      expect(unit).toContain(`${line}\n`);
  });

  it("keep the logs readable for the agent and for nobody else", () => {
    expect(contentOf("/etc/tmpfiles.d/mysql-logs.conf")).toContain("d /var/log/mysql 2750 mysql dd-agent\n");
    expect(contentOf("/etc/logrotate.d/mysql-server")).toContain("create 0640 mysql dd-agent\n");
  });
});
