import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { payloadOf } from "../../../../modules/machine/compose/index.js";
import { paths } from "../../../../modules/platform/paths.js";
import { exampleBackup, exampleConfig } from "../../../support/config.js";
import { temporaryFolder, writeBelow } from "../../../support/payload-files.js";
import { serverOf } from "../../../support/servers.js";
import { hasTool, runTool } from "../../../support/tools.js";

const config = exampleConfig();
const { write_files: files } = payloadOf(config, serverOf(config, "alpha"));
const scripts = files.filter(({ content }) => /^#!\/bin\/(ba)?sh/.test(content ?? ""));

describe("units of the payload", () => {
  const all = exampleConfig({ backup: exampleBackup });
  const fromRelease = "modules/machine/parts/backup/files/mysql-backup";
  /** Lines of each systemd unit by its path. The lines of a drop-in are added to its unit. */
  const units = [
    ...payloadOf(all, serverOf(all, "alpha"))
      .write_files.filter(({ path }) => path.startsWith("/etc/systemd/system/"))
      .map(({ path, content = "" }) => [path, content.split("\n")] as const),
    ...readdirSync(fromRelease)
      .filter((name) => name.endsWith(".service"))
      .map((name) => [name, readFileSync(join(fromRelease, name), "utf8").split("\n")] as const),
  ];
  const words = (lines: readonly string[], key: string): readonly string[] =>
    lines.flatMap((line) => (line.startsWith(`${key}=`) ? line.slice(key.length + 1).split(" ") : []));
  const having = (key: string, value: string) => units.filter(([, lines]) => words(lines, key).includes(value));

  it("systemd units that are ordered after the network also start the network", () => {
    expect(having("After", "network-online.target").length).toBeGreaterThan(5);
    for (const [path, lines] of having("After", "network-online.target"))
      expect(words(lines, "Wants"), path).toContain("network-online.target");
  });

  it("systemd units are ordered after the units that they require", () => {
    for (const [path, lines] of units)
      for (const required of words(lines, "Requires")) expect(words(lines, "After"), path).toContain(required);
  });

  it("systemd units that use MySQL start after MySQL", () => {
    for (const name of ["mysql-group", "mysql-backup", "mysql-base"])
      expect(having("After", "mysql.service").map(([path]) => path.split("/").at(-1))).toContain(`${name}.service`);
  });

  it("systemd units with automatic restarts have no limit of restarts", () => {
    const restarted = units.filter(([, lines]) => lines.some((line) => /^Restart=(always|on-failure)$/.test(line)));
    expect(restarted.length).toBeGreaterThan(5);
    for (const [path, lines] of restarted) expect(words(lines, "StartLimitIntervalSec"), path).toEqual(["0"]);
  });

  it("systemd units of Python programs write to the journal without buffering", () => {
    const python = units.filter(([, lines]) =>
      lines.some((line) => /^ExecStart=\S+\/mysql-(group|backup) /.test(line)),
    );
    expect(python).toHaveLength(4);
    for (const [path, lines] of python) expect(words(lines, "Environment"), path).toContain("PYTHONUNBUFFERED=1");
  });

  it("our systemd units cannot access home directories and other units' temporary files", () => {
    const ours = units.filter(([path, lines]) => !path.includes(".d/") && lines.some((line) => /^Protect/.test(line)));
    for (const [path, lines] of ours)
      expect([words(lines, "ProtectHome"), words(lines, "PrivateTmp")], path).toEqual([["yes"], ["yes"]]);
  });
});

describe("scripts of the payload", () => {
  it("scripts of the payload are executable", () => {
    expect(scripts.filter(({ permissions }) => permissions !== "0755")).toEqual([]);
  });

  it("scripts of the payload stop at the first error", () => {
    const careless = scripts.filter(({ content }) => !/^set -eu/m.test(content ?? ""));
    expect(careless.map(({ path }) => path)).toEqual(["/usr/local/sbin/mysql-group", "/usr/sbin/policy-rc.d"]);
  });

  it("components of the payload are set up in the order of their dependencies, firewall and monitoring first", () => {
    const parts = files.find(({ path }) => path === paths.setup.parts)?.content ?? "";
    expect([...parts.matchAll(/^\S+/gm)].join()).toBe(
      "host-firewall,hardening,datadog-agent,private-network,release,mysql,haproxy,nginx,application,base",
    );
  });

  it.runIf(hasTool("shellcheck", "shell scripts of the payload"))("scripts of the payload pass shellcheck", () => {
    const folder = temporaryFolder();
    writeBelow(folder, scripts);
    const paths = scripts.map(({ path }) => join(folder, path));
    // shellcheck ignores SC1091, because the files that the scripts include exist only on servers.
    expect(runTool("shellcheck", ["--exclude=SC1091", ...paths])).toEqual({ status: 0, output: "" });
  });
});
