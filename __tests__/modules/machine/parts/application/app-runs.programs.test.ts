import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { hasTool } from "../../../../support/tools.js";

const program = fileURLToPath(
  new URL("../../../../../modules/machine/parts/application/files/app-runs", import.meta.url),
);
const tests = fileURLToPath(new URL(".", import.meta.url));
const env = { ...process.env, PYTHONPATH: program, PYTHONDONTWRITEBYTECODE: "1" };

it.runIf(hasTool("python3", "that workers and schedules run on one server at a time (Python unit tests)"))(
  "app-runs passes its Python unit tests",
  () => {
    const run = spawnSync("python3", ["-m", "unittest", "discover", "-s", tests], { encoding: "utf8", env });
    expect(run.stderr).toMatch(/Ran \d{2,} tests[\s\S]*\nOK( \(skipped=\d+\))?\n$/);
  },
  300_000,
);
