import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { payloadOf } from "../../../../../modules/machine/compose/index.js";
import { paths } from "../../../../../modules/platform/paths.js";
import { exampleConfig, exampleBackup } from "../../../../support/config.js";
import { serverOf } from "../../../../support/servers.js";
import { hasTool, runTool } from "../../../../support/tools.js";
import { judgeUnits } from "../../../../support/units.js";

const files = (part: string): string =>
  fileURLToPath(new URL(`../../../../../modules/machine/parts/${part}`, import.meta.url));
const program = files("backup/files/mysql-backup");
const tests = fileURLToPath(new URL(".", import.meta.url));
// gtid.py is mysql-group's, and travels with both.
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

/** What a server finds in a file of its payload. */
const given = (server: string, path: string): unknown => {
  const file = payloadOf(config, serverOf(config, server)).write_files.find((one) => one.path === path);
  return file && (JSON.parse(file.content) as unknown);
};

describe("mysql-backup", () => {
  const python = hasTool("python3", "what mysql-backup decides (Python unit tests)");

  it.runIf(python)("reads logs, orders them, talks to a bucket and lets logs go as its own unit tests say", () => {
    const run = spawnSync("python3", ["-m", "unittest", "discover", "-s", tests], { encoding: "utf8", env });
    expect(run.stderr).toMatch(/Ran \d{2,} tests[\s\S]*\nOK\n$/);
  });

  it.runIf(python)("reads the settings it is given, and nothing is missing", () => {
    const read = [
      "import json, sys, settings",
      "given = json.load(sys.stdin)",
      "print(settings.Settings(**given['settings']).timeline, settings.Restore(**given['restore']).others)",
    ].join("\n");
    const input = JSON.stringify({
      settings: given("alpha", paths.backup.settings),
      restore: given("alpha", paths.backup.restore),
    });
    const run = spawnSync("python3", ["-c", read], { encoding: "utf8", env, input });
    expect(run).toMatchObject({
      status: 0,
      stdout: `${config.database.groupName} ['10.0.1.12', '10.0.1.13']\n`,
    });
  });

  it("tells the first member alone to restore", () => {
    expect(given("bravo", paths.backup.restore)).toBeUndefined();
    expect(given("bravo", paths.backup.settings)).toEqual(given("alpha", paths.backup.settings));
  });

  it.runIf(hasTool("systemd-analyze", "units of mysql-backup"))("has units that systemd takes", () => {
    const units = readdirSync(program).filter((name) => /\.(service|timer)$/.test(name));
    const beside = { "mysql-data.service": readFileSync(files("mysql/files/mysql-data.service"), "utf8") };
    const own = units.map((name) => [name, readFileSync(`${program}/${name}`, "utf8")] as const);
    const verdict = judgeUnits({ ...Object.fromEntries(own), ...beside });
    expect(verdict.complaints).toBe("");
    expect(units).toHaveLength(4);
    // The first one: what ships all the time, as a user of its own.
    expect(units[0]).toBe("mysql-backup.service");
    expect(verdict.exposure).toBeLessThan(2.5);
  });

  it.runIf(hasTool("shellcheck", "scripts of mysql-backup"))("has scripts that shellcheck takes", () => {
    const scripts = [`${program}/install`, `${program}/mysql-backup.sh`, files("backup/files/setup-backup")];
    expect(runTool("shellcheck", scripts)).toEqual({ status: 0, output: "" });
  });
});
