import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { debianPython, hasTool } from "../../../../support/tools.js";

const program = fileURLToPath(new URL("../../../../../modules/machine/parts/mysql/files/mysql-group", import.meta.url));
const tests = fileURLToPath(new URL(".", import.meta.url));
const sources = readdirSync(program).filter((name) => name.endsWith(".py"));
const env = { ...process.env, PYTHONPATH: program, PYTHONDONTWRITEBYTECODE: "1" };

const compileAll = "import json, sys; [compile(text, '-', 'exec') for text in json.load(sys.stdin)]";

const python = hasTool("python3", "the joiner's decisions (Python unit tests) and the syntax of mysql-group");
const mysqld = hasTool("mysqld", "how mysql-group begins a branch of the history (Python unit tests)");

it.runIf(python)(
  "mysql-group passes its Python unit tests",
  () => {
    const run = spawnSync(debianPython, ["-m", "unittest", "discover", "-s", tests], { encoding: "utf8", env });
    expect(run.stderr).toMatch(mysqld ? /Ran \d{2,} tests[\s\S]*\nOK\n$/ : /\nOK \(skipped=1\)\n$/);
  },
  // The time limit allows for several hundred tests on a busy machine.
  300_000,
);

it.runIf(python)("mysql-group is valid Python", () => {
  const texts = sources.map((name) => readFileSync(`${program}/${name}`, "utf8"));
  const run = spawnSync(debianPython, ["-c", compileAll], { encoding: "utf8", input: JSON.stringify(texts) });
  expect(run).toMatchObject({ status: 0, stderr: "" });
  expect(texts).toHaveLength(19);
});
