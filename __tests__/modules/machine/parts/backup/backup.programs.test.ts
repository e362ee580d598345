import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { payloadOf } from "../../../../../modules/machine/compose/index.js";
import { paths } from "../../../../../modules/platform/paths.js";
import { exampleConfig, exampleBackup } from "../../../../support/config.js";
import { serverOf } from "../../../../support/servers.js";
import { stepsOf } from "../../../../support/steps.js";
import { debianPython, hasPythonModules, hasTool, runTool } from "../../../../support/tools.js";
import { allowedToAll, judgeUnits } from "../../../../support/units.js";

const files = (part: string): string =>
  fileURLToPath(new URL(`../../../../../modules/machine/parts/${part}`, import.meta.url));
const program = files("backup/files/mysql-backup");
const tests = fileURLToPath(new URL(".", import.meta.url));
// mysql-backup also uses gtid.py of mysql-group. The release contains a copy of gtid.py in each of the two programs.
const env = {
  ...process.env,
  PYTHONPATH: [program, files("mysql/files/mysql-group")].join(":"),
  PYTHONDONTWRITEBYTECODE: "1",
};
const timeline = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4";
const config = exampleConfig({
  backup: exampleBackup,
  restore: { timeline, at: "latest" },
});

/** Returns the parsed content of a file in a server's payload. */
const given = (server: string, path: string): unknown => {
  const file = payloadOf(config, serverOf(config, server)).write_files.find((one) => one.path === path);
  return file && (JSON.parse(file.content) as unknown);
};

describe("mysql-backup", () => {
  const python = hasPythonModules(["pymysql"], "the decisions of mysql-backup (Python unit tests)");

  for (const tool of ["age", "zstd", "mysqld", "/opt/moto/bin/python"])
    hasTool(tool, "encryption and uploads of mysql-backup (Python unit tests)");

  it.runIf(python)(
    "mysql-backup passes its Python unit tests",
    () => {
      const run = spawnSync(debianPython, ["-m", "unittest", "discover", "-s", tests], { encoding: "utf8", env });
      expect(run.stderr).toMatch(/Ran \d{2,} tests[\s\S]*\nOK( \(skipped=\d+\))?\n$/);
    },
    600_000,
  );

  it.runIf(python)("mysql-backup accepts the settings in the payload, and no setting is missing", () => {
    const read = [
      "import json, pathlib, sys, tempfile, settings",
      "with tempfile.TemporaryDirectory() as name:",
      "  folder = pathlib.Path(name)",
      "  for name, content in json.load(sys.stdin).items(): (folder / f'{name}.json').write_text(json.dumps(content))",
      "  print(settings.load(folder).members['10.0.1.11'], settings.load_restore(folder).others)",
    ].join("\n");
    const input = JSON.stringify({
      settings: given("alpha", paths.backup.settings),
      restore: given("alpha", paths.backup.restore),
      restoring: given("alpha", paths.backup.restoring),
    });
    const run = spawnSync(debianPython, ["-c", read], { encoding: "utf8", env, input });
    expect(run).toMatchObject({
      status: 0,
      stdout: "alpha ['10.0.1.12', '10.0.1.13']\n",
    });
  });

  it.runIf(python)(
    "mysql-backup stays within its units' memory limits, lets each member upload in turn, and keeps logs as long as MySQL",
    () => {
      const read =
        "import json, support, base, ship; print(json.dumps([ship.WHOLE_BYTES, base.PART_BYTES, base.TURN_SECONDS, ship.KEEP_SECONDS]))";
      const run = spawnSync(debianPython, ["-c", read], {
        encoding: "utf8",
        env: { ...env, PYTHONPATH: `${env.PYTHONPATH}:${tests}` },
      });
      const [piece, part, turn, keep] = JSON.parse(run.stdout) as [number, number, number, number];
      const number = (path: string, name: string): number =>
        Number(new RegExp(`^${name} ?= ?(\\d+)`, "m").exec(readFileSync(files(path), "utf8"))?.[1]);
      const memory = (name: string): number => number(`backup/files/mysql-backup/${name}`, "MemoryMax") * 2 ** 20;
      // A segment is in memory in plain, compressed and encrypted form.
      expect(4 * piece).toBeLessThan(memory("mysql-backup.service"));
      expect(4 * part).toBeLessThan(memory("mysql-base.service"));
      expect(turn).toBeGreaterThan(2 * number("backup/files/mysql-backup/mysql-base.timer", "OnUnitInactiveSec"));
      expect(keep).toBe(number("mysql/files/server.cnf.hbs", "binlog_expire_logs_seconds"));
    },
  );

  it("mysql-backup configures the restore on every member, because no member may serve data of another restore, but only the first member restores", () => {
    expect(given("bravo", paths.backup.restore)).toEqual(given("alpha", paths.backup.restore));
    expect(given("bravo", paths.backup.restoring)).toBeUndefined();
    expect(given("bravo", paths.backup.settings)).toEqual({
      ...(given("alpha", paths.backup.settings) as object),
      member: "bravo",
    });
  });

  it.runIf(hasTool("systemd-analyze", "units of mysql-backup"))("mysql-backup has units that systemd accepts", () => {
    const units = readdirSync(program).filter((name) => /\.(service|timer)$/.test(name));
    const beside = { "mysql-data.service": readFileSync(files("mysql/files/mysql-data.service"), "utf8") };
    const own = units.map((name) => [name, readFileSync(`${program}/${name}`, "utf8")] as const);
    const verdict = judgeUnits({ ...Object.fromEntries(own), ...beside });
    // The service may still send signals, and may create files that the agent can read.
    expect(verdict.allowed.filter((name) => !allowedToAll.includes(name))).toEqual([
      "RemoveIPC",
      "SupplementaryGroups",
      "UMask",
    ]);
    expect(verdict.complaints).toBe("");
    expect(units).toHaveLength(4);
    // The first unit runs permanently as a separate user, and uploads logs.
    expect(units[0]).toBe("mysql-backup.service");
    expect(verdict.exposure).toBeLessThan(2.5);
  });

  const unit = (name: string): readonly string[] => readFileSync(`${program}/${name}`, "utf8").split("\n");

  it("mysql-backup uploads as its own user with read access to MySQL's files and low priority, and restarts without a limit", () => {
    expect(unit("mysql-backup.service")).toEqual(
      expect.arrayContaining([
        "After=mysql.service network-online.target",
        "StartLimitIntervalSec=0",
        "User=mysql-backup",
        "SupplementaryGroups=mysql",
        "ExecStart=/usr/local/sbin/mysql-backup ship",
        "Restart=always",
        "RestartSec=5",
        "RuntimeDirectory=mysql-backup",
        "StateDirectory=mysql-backup",
        "Environment=PYTHONUNBUFFERED=1",
        "Nice=10",
        "MemoryMax=512M",
        "WantedBy=multi-user.target",
      ]),
    );
  });

  it("mysql-backup makes base backups as the user of the uploads, checks every five minutes, and leaves no local copy behind", () => {
    const copies = "/usr/bin/rm -rf /var/lib/mysql-files/base";
    expect(unit("mysql-base.service")).toEqual(
      expect.arrayContaining([
        "Type=oneshot",
        "User=mysql-backup",
        "SupplementaryGroups=mysql",
        "ExecStartPre=+/usr/bin/install -d -o mysql -g mysql -m 0750 /var/lib/mysql-files",
        `ExecStartPre=+${copies}`,
        "ExecStart=/usr/local/sbin/mysql-backup base",
        `ExecStopPost=+${copies} /run/mysql-base-force`,
        "TimeoutStartSec=6h",
        "Nice=10",
        "IOSchedulingClass=idle",
        "NoNewPrivileges=yes",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "PrivateDevices=yes",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
        "MemoryMax=512M",
      ]),
    );
    expect(unit("mysql-base.timer")).toEqual(
      expect.arrayContaining(["OnActiveSec=60", "OnUnitInactiveSec=300", "WantedBy=timers.target"]),
    );
  });

  it("mysql-backup restores once onto the mounted volume, continues after each interruption without a time limit, and keeps secrets in memory", () => {
    expect(unit("mysql-restore.service")).toEqual(
      expect.arrayContaining([
        "Requires=mysql-data.service",
        "After=mysql-data.service network-online.target",
        "Type=oneshot",
        "RemainAfterExit=yes",
        "ExecStart=/usr/local/sbin/mysql-backup restore",
        "TimeoutStartSec=infinity",
        "StartLimitIntervalSec=0",
        "Restart=on-failure",
        "RestartSec=30",
        "RuntimeDirectory=mysql-restore",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "WantedBy=multi-user.target",
      ]),
    );
  });

  it("mysql-backup is installed from the server's release, and starts a restore only if configured", () => {
    const release = "RELEASE_URL=https://archive.test/r.tgz\nRELEASE_SHA256=abc\n";
    const present = { "/etc/platform/release.env": release, "/opt/mysql-backup/current/mysql-backup.sh": "" };
    expect(stepsOf(readFileSync(files("backup/files/setup-backup"), "utf8"), { files: present })).toEqual([
      "fetch-release https://archive.test/r.tgz abc mysql-backup /opt/mysql-backup/abc",
      "ln -sfn abc /opt/mysql-backup/current",
      "sh /opt/mysql-backup/current/install",
    ]);
    const install = readFileSync(`${program}/install`, "utf8");
    const started = (extra: Readonly<Record<string, string>>): string | undefined =>
      stepsOf(install, { files: { ...present, ...extra } }).at(-1);
    expect(stepsOf(install, { files: present }).slice(0, -1)).toEqual([
      "install -m 0755 mysql-backup.sh /usr/local/sbin/mysql-backup",
      "install -m 0644 ./*.service ./*.timer /etc/systemd/system/",
      "systemctl daemon-reload",
    ]);
    expect(started({})).toBe("systemctl enable --quiet --now --no-block mysql-backup.service mysql-base.timer");
    expect(started({ "/etc/mysql-backup/restoring.json": "{}" })).toBe(
      "systemctl enable --quiet --now --no-block mysql-backup.service mysql-base.timer mysql-restore.service",
    );
    expect(readFileSync(`${program}/mysql-backup.sh`, "utf8")).toMatch(
      /python3 -B \/opt\/mysql-backup\/current "\$@"\n$/,
    );
    expect(readFileSync(files("backup/files/check-backup"), "utf8")).toMatch(
      /^exec \S+\/mysql-backup check --notices \/run\/motd\.d$/m,
    );
  });

  it.runIf(hasTool("shellcheck", "scripts of mysql-backup"))("mysql-backup has scripts that pass shellcheck", () => {
    const scripts = [`${program}/install`, `${program}/mysql-backup.sh`, files("backup/files/setup-backup")];
    expect(runTool("shellcheck", scripts)).toEqual({ status: 0, output: "" });
  });
});
