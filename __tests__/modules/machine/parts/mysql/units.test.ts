import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stepsOf } from "../../../../support/steps.js";
import { hasTool, runTool } from "../../../../support/tools.js";
import { allowedToAll, judgeDropIn, judgeUnits } from "../../../../support/units.js";
import { contentOf, mysqlOf } from "./support.js";

/** Program mysql-data, which is part of the release. */
const mysqlData = readFileSync("modules/machine/parts/mysql/files/mysql-data", "utf8");

describe("scripts and units", () => {
  it.runIf(hasTool("shellcheck", "mysql-data"))("mysql-data passes shellcheck", () => {
    for (const script of [mysqlData, contentOf("/usr/local/sbin/mysql-group")])
      expect(runTool("shellcheck", ["-"], script)).toEqual({ status: 0, output: "" });
  });

  describe.runIf(hasTool("systemd-analyze", "MySQL's units"))("systemd's evaluation", () => {
    const unit = (name: string): string => contentOf(`/etc/systemd/system/${name}`);
    const data = { "mysql-data.service": unit("mysql-data.service") };
    const dropIn = `${unit("mysql.service.d/group.conf")}User=mysql\n`;

    it("mysqld runs in a sandbox and starts after its volume", () => {
      const { complaints, exposure, allowed } = judgeDropIn("mysql.service", dropIn, data);
      expect(complaints).toBe("");
      expect(exposure).toBeLessThanOrEqual(4.9);
      // The vendor's unit already filters system calls. The user mysql has no capabilities that a sandbox could remove.
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

    it("mysql-group runs as root in a stricter sandbox than mysqld", () => {
      const { complaints, exposure, allowed } = judgeUnits({
        "mysql-group.service": unit("mysql-group.service"),
        ...data,
      });
      expect(complaints).toBe("");
      expect(exposure).toBeLessThanOrEqual(2);
      expect(allowed.filter((name) => !allowedToAll.includes(name))).toEqual(["UserOrDynamicUser"]);
    });

    it("systemd reports a missing unit of the data volume", () => {
      expect(judgeDropIn("mysql.service", dropIn).complaints).toContain("mysql-data.service");
    });
  });

  it("the data volume is mounted and initialised once before MySQL starts, without a time limit", () => {
    expect(contentOf("/etc/systemd/system/mysql-data.service")).toMatch(
      /^Before=mysql\.service\n\n\[Service\]\nType=oneshot\nRemainAfterExit=yes\nExecStart=\S+\/mysql-data mount\nExecStart=\S+\/mysql-data initialize\n[^]*^TimeoutStartSec=infinity$/m,
    );
    expect(contentOf("/etc/mysql/initialize.sql")).toContain(
      "ALTER USER 'root'@'localhost' IDENTIFIED WITH auth_socket;\n",
    );
  });

  it("MySQL starts on its volume, hands over the primary role before it stops, and restarts without a limit after a crash or a clone", () => {
    const dropIn = contentOf("/etc/systemd/system/mysql.service.d/group.conf");
    // The empty line removes the checks of the package, which use another data directory.
    expect(dropIn).toMatch(
      /^ExecStartPre=\nExecStartPre=\+\S+\/mysql-data wait\nExecStartPre=\+\S+\/systemd-tmpfiles --create \/etc\/tmpfiles\.d\/mysql-logs\.conf$/m,
    );
    expect(dropIn.split("\n")).toEqual(
      expect.arrayContaining([
        ...["Wants=network-online.target", "After=mysql-data.service network-online.target"],
        // mysqld starts only if its volume is mounted and its configuration exists.
        ...["Requires=mysql-data.service", "RequiresMountsFor=/var/lib/mysql", "AssertPathIsMountPoint=/var/lib/mysql"],
        "ConditionPathExists=/etc/mysql/mysql.conf.d/zz-server.cnf",
        // mysql-group hands over the primary's role before mysqld stops. mysqld stops even if the hand-over fails.
        "ExecStop=-+/usr/local/sbin/mysql-group step-down",
        // mysqld requests a restart with exit status 16, for example after a clone.
        ...["Environment=MYSQLD_PARENT_PID=1", "SuccessExitStatus=16", "RestartForceExitStatus=16"],
        ...["Restart=on-failure", "RestartSec=2", "RestartPreventExitStatus=", "StartLimitIntervalSec=0"],
        ...["LimitNOFILE=65536", "OOMScoreAdjust=-500"],
        // mysqld cannot access the sockets of D-Bus and the resolver, so it cannot bypass the firewall to reach a name server.
        "InaccessiblePaths=-/run/dbus -/run/systemd/resolve",
      ]),
    );
  });

  it("the setup configures MySQL only once mysql-data is installed, and does not wait for the volume", () => {
    const setup = mysqlOf("alpha").setup ?? "";
    expect(stepsOf(setup)).toEqual(["mysql waits for the release, which contains mysql-data", "exit 1"]);
    expect(stepsOf(setup, { files: { "/opt/platform/mysql-data": "" } })).toEqual([
      "ln -sfn /opt/platform/mysql-data /usr/local/sbin/mysql-data",
      "ln -sfn ../server.cnf /etc/mysql/mysql.conf.d/zz-server.cnf",
      "systemctl daemon-reload",
      "systemctl enable --quiet mysql.service mysql-group.service",
      "systemctl start --no-block mysql.service mysql-group.service",
    ]);
  });

  it("MySQL's logs are readable only for the agent, rotated as user mysql, and reopened without creating a transaction", () => {
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
    expect(rotation).toContain("create 0640 mysql dd-agent\n");
    expect(contentOf("/etc/tmpfiles.d/mysql-logs.conf").split("\n")).toEqual(
      expect.arrayContaining([
        "d /var/log/mysql 2750 mysql dd-agent",
        ...["error.log", "slow.log"].map((log) => `f /var/log/mysql/${log} 0640 mysql dd-agent`),
        "z /var/log/mysql/*.log 0640 mysql dd-agent",
      ]),
    );
  });

  it("mysql-group restarts without a limit, runs the code of its release, and logs without buffering", () => {
    const unit = contentOf("/etc/systemd/system/mysql-group.service");
    expect(unit.split("\n")).toEqual(
      expect.arrayContaining([
        ...["Wants=network-online.target", "After=mysql-data.service mysql.service network-online.target"],
        ...["Requires=mysql-data.service", "ReadWritePaths=/var/lib/mysql/mysql-group", "SupplementaryGroups=mysql"],
        ...["Restart=always", "RestartSec=1", "StartLimitIntervalSec=0", "WantedBy=multi-user.target"],
        "EnvironmentFile=/etc/platform/release.env",
        "ExecStartPre=+/usr/local/sbin/fetch-release ${RELEASE_URL} ${RELEASE_SHA256} mysql-group /opt/mysql-group/${RELEASE_SHA256}",
        "ExecStartPre=+/bin/ln -sfn ${RELEASE_SHA256} /opt/mysql-group/current",
        "ExecStart=/usr/local/sbin/mysql-group daemon",
        // fetch-release may retry for minutes if the release host is busy. While fetch-release retries, systemd considers the unit as
        // starting.
        "TimeoutStartSec=600",
        // Only SIGKILL ends a process that was stopped with SIGSTOP.
        ...["WatchdogSec=10", "WatchdogSignal=SIGKILL"],
        ...["RuntimeDirectory=mysql-group", "Environment=PYTHONUNBUFFERED=1", "MemoryMax=256M"],
        // mysql-group cannot access the sockets of services that execute commands for root.
        "InaccessiblePaths=-/run/dbus -/run/systemd/private -/run/systemd/resolve",
      ]),
    );
    expect(unit.indexOf("fetch-release")).toBeLessThan(unit.indexOf("/bin/ln"));
    // Option -B prevents compiled copies, which would change the checksum of the release's folder.
    expect(contentOf("/usr/local/sbin/mysql-group")).toMatch(/python3 -B \/opt\/mysql-group\/current "\$@"\n$/);
  });

  it("only root can access mysql-group's folder on the data volume", () => {
    expect(mysqlData).toContain('install -d -m 0700 "$MOUNT_POINT/mysql-group"\n');
  });
});
