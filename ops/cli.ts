import { fileURLToPath } from "node:url";
import { loadBundled } from "../command-line/bundled.js";
import { runCommand } from "../command-line/run.js";
import type * as Program from "./program.js";

await runCommand(async () => {
  const { program } = await loadBundled<typeof Program>(fileURLToPath(new URL("program.ts", import.meta.url)));
  await program.parseAsync();
});
