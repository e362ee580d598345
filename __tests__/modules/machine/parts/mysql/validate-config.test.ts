import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mysqlPart } from "../../../../../modules/machine/parts/mysql/index.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf, partOf, temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { spread } from "../../../../support/servers.js";
import { hasTool, runTool } from "../../../../support/tools.js";

/** Validates a configuration with mysqld, including variables of plugins. Returns the exit status, and the errors and deprecations. */
function judge(configuration: string): { readonly status: number; readonly complaints: readonly string[] } {
  const folder = temporaryFolder();
  const moved = configuration.replace(/^(secure_file_priv|datadir) = .*$/gm, `$1 = ${folder}`);
  writeBelow(folder, [{ path: "server.cnf", content: moved }]);
  const file = `--defaults-file=${join(folder, "server.cnf")}`;
  const { status, output } = runTool("mysqld", [file, "--validate-config", "--user=root"]);
  const lines = output.split("\n").filter((line) => /\[ERROR\]|deprecated/.test(line) && !line.endsWith("Aborting"));
  return { status, complaints: lines.map((line) => line.replace(/^.*\[Server\] (\S*mysqld: )?/, "")) };
}

describe.runIf(hasTool("mysqld", "server.cnf by mysqld --validate-config"))("mysqld --validate-config", () => {
  const configuration = contentOf(partOf(mysqlPart), "/etc/mysql/server.cnf");

  it("mysqld accepts every variable and value, including those of plugins", () => {
    expect(judge(configuration)).toEqual({ status: 0, complaints: [] });
  });

  it("mysqld accepts the configuration with every setting", () => {
    const config = exampleConfig({ ...spread, database: { bufferPoolMib: 640 }, tls: "passthrough" });
    const far = contentOf(partOf(mysqlPart, config, "charlie"), "/etc/mysql/server.cnf");
    expect(judge(far)).toEqual({ status: 0, complaints: [] });
  });

  it.each([
    ["an unknown variable", /^long_query_time/m, "long_query_tim", "unknown variable 'long_query_tim=1'."],
    [
      "a plugin's wrong value",
      /replication_consistency = \w+/,
      "replication_consistency = SOMETIMES",
      "Error while setting value 'SOMETIMES' to 'group_replication_consistency'.",
    ],
  ])("mysqld rejects a configuration with %s", (_, found, replacement, complaint) => {
    expect(judge(configuration.replace(found, replacement))).toEqual({ status: 1, complaints: [complaint] });
  });
});
