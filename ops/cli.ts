import { fileURLToPath } from "node:url";
import { loadBundled } from "../scripts/bundled.js";
import type * as Program from "./program.js";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

// Loaded one by one, the files of any command take longer than most commands.
const { module, keepCompiled } = await loadBundled<typeof Program>({
  entry: path("program.ts"),
  file: path("../dist/ops.bundle"),
});
await module.main();
keepCompiled();
