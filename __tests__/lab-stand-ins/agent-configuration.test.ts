import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { datadogAgentPart } from "../../modules/machine/parts/datadog-agent/index.js";
import { exampleConfig } from "../support/config.js";
import { partOf } from "../support/payload-files.js";
import { splitServers } from "../support/servers.js";
import { debianPython, hasPythonModules, runTool } from "../support/tools.js";

const library = fileURLToPath(new URL("../../lab/stand-ins/datadog/agent", import.meta.url));
const configurationDirectory = "/etc/datadog-agent/";

describe.runIf(hasPythonModules(["yaml"], "that the lab's agent accepts the payload's configuration"))(
  "the agent configuration of the payload",
  () => {
    const directories: string[] = [];
    afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true })));

    function configurationOf(name: string): string {
      const config = exampleConfig({ servers: splitServers });
      const { files = [] } = partOf(datadogAgentPart, config, name);
      const directory = mkdtempSync(path.join(tmpdir(), "agent-configuration-"));
      directories.push(directory);
      for (const file of files.filter((one) => one.path.startsWith(configurationDirectory))) {
        const target = path.join(directory, file.path.slice(configurationDirectory.length));
        mkdirSync(path.dirname(target), { recursive: true });
        writeFileSync(target, file.content);
      }
      return directory;
    }

    it.each(["front", "left"])("is accepted on %s by the lab's agent, including every option", (name) => {
      const program =
        'import sys; sys.dont_write_bytecode = True; from lab_agent.main import main; sys.exit(main(["configcheck"]))';
      const variables = [`PYTHONPATH=${library}`, `LAB_AGENT_CONFIGURATION=${configurationOf(name)}`];
      const result = runTool("env", [...variables, debianPython, "-c", program]);
      expect(result).toEqual({ status: 0, output: "no problems\n" });
    });
  },
);
