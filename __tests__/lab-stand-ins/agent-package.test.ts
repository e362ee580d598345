import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { users } from "../../modules/platform/users.js";
import { paths } from "../../modules/platform/paths.js";
import { buildAgentPackage } from "../../lab/stand-ins/datadog/agent/package.js";
import { hasTool, runTool } from "../support/tools.js";

const unitFile = new URL("../../lab/stand-ins/datadog/agent/datadog-agent.service", import.meta.url);

it("the unit of the lab's emulated Datadog agent has the name, user and environment file of the vendor's unit", async () => {
  const unit = await readFile(unitFile, "utf8");
  expect(unit).toContain(`\nUser=${users.datadog}\n`);
  expect(unit).toContain(`\nEnvironmentFile=-${paths.datadog.environmentFile}\n`);
  expect(unit).toContain("\nExecStart=/opt/datadog-agent/bin/agent/agent run -p /opt/datadog-agent/run/agent.pid\n");
});

describe.runIf(hasTool("dpkg-deb", "the lab's datadog-agent package"))("the agent's package", () => {
  let directory = "";
  let file = "";
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "agent-package-"));
    file = await buildAgentPackage(directory);
  });
  afterAll(() => rm(directory, { recursive: true }));

  it("the package of the lab's emulated Datadog agent is described as an emulation", () => {
    expect(runTool("dpkg-deb", ["--field", file, "Package", "Description"]).output).toMatch(
      /^Package: datadog-agent\nDescription: LAB STAND-IN, NOT the Datadog agent\n/,
    );
  });

  it("the package of the lab's emulated Datadog agent has the vendor's paths, owned by root", () => {
    const lines = runTool("dpkg-deb", ["--contents", file]).output.trim().split("\n");
    const modes: Record<string, string> = {};
    for (const [mode = "", owner = "", , , , name = ""] of lines.map((line) => line.split(/\s+/)))
      modes[name] = `${mode} ${owner}`;
    expect(modes).toMatchObject({
      "./opt/datadog-agent/bin/agent/agent": "-rwxr-xr-x root/root",
      "./usr/lib/systemd/system/datadog-agent.service": "-rw-r--r-- root/root",
      "./etc/datadog-agent/conf.d/": "drwxr-xr-x root/root",
    });
  });

  it("two builds of the package of the lab's emulated Datadog agent are identical", async () => {
    const first = await readFile(file);
    expect((await readFile(await buildAgentPackage(directory))).equals(first)).toBe(true);
  });

  it("the package of the lab's emulated Datadog agent has maintainer scripts with valid shell syntax", () => {
    const scripts = path.join(directory, "scripts");
    expect(runTool("dpkg-deb", ["--control", file, scripts]).status).toBe(0);
    for (const script of ["postinst", "prerm"])
      expect(runTool("sh", ["-n", path.join(scripts, script)])).toEqual({ status: 0, output: "" });
  });
});
