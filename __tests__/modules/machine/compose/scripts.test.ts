import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { payloadOf } from "../../../../modules/machine/compose/index.js";
import { paths } from "../../../../modules/platform/paths.js";
import { exampleConfig } from "../../../support/config.js";
import { temporaryFolder, writeBelow } from "../../../support/payload-files.js";
import { serverOf } from "../../../support/servers.js";
import { hasTool, runTool } from "../../../support/tools.js";

const config = exampleConfig();
const { write_files: files } = payloadOf(config, serverOf(config, "alpha"));
const scripts = files.filter(({ content }) => /^#!\/bin\/(ba)?sh/.test(content ?? ""));

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
