import { fileURLToPath } from "node:url";
import { loadBundled } from "../scripts/bundled.js";
import type * as Program from "./program.js";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

try {
  // Loaded one by one, the files of any command take longer than most commands.
  const { module, keepCompiled } = await loadBundled<typeof Program>({
    entry: path("program.ts"),
    file: path("../dist/ops.bundle"),
  });
  await module.main();
  keepCompiled();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
