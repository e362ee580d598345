import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { debianPython, hasPythonModules, hasTools, isRoot, runToolBeside } from "../support/tools.js";

const what = "restores from archives with a history";
const possible =
  hasTools(["mysqld", "mysql", "mysqlbinlog", "age", "zstd"], what) &&
  hasPythonModules(["pymysql"], what) &&
  isRoot(what);

const live = (...options: string[]) =>
  runToolBeside(debianPython, [fileURLToPath(new URL(".", import.meta.url)), ...options]);

// The operating system schedules each run differently, so a failed test is repeated once on a slow host.
describe.runIf(possible).concurrent("a simulated life of the archive", { timeout: 900_000, retry: 1 }, () => {
  it.each([
    ["one server", ["--single", "--seed", "6"]],
    ["a group of three servers", ["--group", "--seed", "7"]],
  ])("a restore contains exactly the writes that were acknowledged to clients, with %s", async (_, options) => {
    const { output } = await live("--lives", "1", "--steps", "8", ...options);
    expect(output).toMatch(/^1 lives, [1-9]\d* restores compared, [01] refused, 0 wrong, 0 interrupted/m);
  });
});
