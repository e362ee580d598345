import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { debianPython, hasTool, isRoot } from "../../support/tools.js";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const parts = "../../../modules/machine/parts";
const env = {
  ...process.env,
  PYTHONPATH: ["../../../ops/archive/files", `${parts}/backup/files/mysql-backup`, `${parts}/mysql/files/mysql-group`]
    .map(folder)
    .join(":"),
  PYTHONDONTWRITEBYTECODE: "1",
};

const what = "the operators' archive commands with an object storage and MySQL";
const possible = ["/opt/moto/bin/python", "mysqlbinlog", "age"].every((tool) => hasTool(tool, what)) && isRoot(what);

it.runIf(possible)(
  "the Python tests of the backup archive programs pass",
  () => {
    const run = spawnSync(debianPython, ["-m", "unittest", "discover", "-s", folder(".")], { encoding: "utf8", env });
    expect(run.stderr).toMatch(/Ran \d{2,} tests[\s\S]*\nOK\n$/);
  },
  600_000,
);
