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
  /** By path; a drop-in stands for the unit that it belongs to. */
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

  it("bring about the network that they wait for: being after it alone does not", () => {
    expect(having("After", "network-online.target").length).toBeGreaterThan(5);
    for (const [path, lines] of having("After", "network-online.target"))
      expect(words(lines, "Wants"), path).toContain("network-online.target");
  });

  it("wait for what they require, where systemd would start both at once", () => {
    for (const [path, lines] of units)
      for (const required of words(lines, "Requires")) expect(words(lines, "After"), path).toContain(required);
  });

  it("wait for MySQL where they work with it", () => {
    for (const name of ["mysql-group", "mysql-backup", "mysql-base"])
      expect(having("After", "mysql.service").map(([path]) => path.split("/").at(-1))).toContain(`${name}.service`);
  });

  it("are never given up where they are started again", () => {
    const restarted = units.filter(([, lines]) => lines.some((line) => /^Restart=(always|on-failure)$/.test(line)));
    expect(restarted.length).toBeGreaterThan(5);
    for (const [path, lines] of restarted) expect(words(lines, "StartLimitIntervalSec"), path).toEqual(["0"]);
  });

  it("have their lines in the journal at once where they are Python", () => {
    const python = units.filter(([, lines]) =>
      lines.some((line) => /^ExecStart=\S+\/mysql-(group|backup) /.test(line)),
    );
    expect(python).toHaveLength(4);
    for (const [path, lines] of python) expect(words(lines, "Environment"), path).toContain("PYTHONUNBUFFERED=1");
  });

  it("keep users' folders and others' temporary files from all that are not the system's own", () => {
    const ours = units.filter(([path, lines]) => !path.includes(".d/") && lines.some((line) => /^Protect/.test(line)));
    for (const [path, lines] of ours)
      expect([words(lines, "ProtectHome"), words(lines, "PrivateTmp")], path).toEqual([["yes"], ["yes"]]);
  });
});

describe("scripts of the payload", () => {
  it("are all executable", () => {
    expect(scripts.filter(({ permissions }) => permissions !== "0755")).toEqual([]);
  });

  it("end at the first failure", () => {
    const careless = scripts.filter(({ content }) => !/^set -eu/m.test(content ?? ""));
    expect(careless.map(({ path }) => path)).toEqual(["/usr/local/sbin/mysql-group", "/usr/sbin/policy-rc.d"]);
  });

  it("run in the order in which services depend on each other, the firewall and who watches first", () => {
    const parts = files.find(({ path }) => path === paths.setup.parts)?.content ?? "";
    expect([...parts.matchAll(/^\S+/gm)].join()).toBe(
      "host-firewall,hardening,datadog-agent,private-network,release,mysql,haproxy,nginx,application,base",
    );
  });

  it.runIf(hasTool("shellcheck", "shell scripts of the payload"))("satisfy shellcheck", () => {
    const folder = temporaryFolder();
    writeBelow(folder, scripts);
    const paths = scripts.map(({ path }) => join(folder, path));
    // SC1091: what they read of a server is not here.
    expect(runTool("shellcheck", ["--exclude=SC1091", ...paths])).toEqual({ status: 0, output: "" });
  });
});
