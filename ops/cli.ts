import { fileURLToPath } from "node:url";
import { loadBundled } from "../command-line/bundled.js";
import { runCommand } from "../command-line/run.js";
import type * as Program from "./program.js";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

await runCommand(async () => {
  // Loaded one by one, the files of any command take longer than most commands.
  const { module, keepCompiled } = await loadBundled<typeof Program>({
    entry: path("program.ts"),
    file: path("../dist/ops.bundle"),
  });
  try {
    await module.program.parseAsync();
  } finally {
    keepCompiled();
  }
});
