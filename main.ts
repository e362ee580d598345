import { fileURLToPath } from "node:url";
import { loadBundled } from "./scripts/bundled.js";
import { skipTokenStacks } from "./scripts/token-stacks.js";
import type * as Synth from "./stacks/synth.js";

skipTokenStacks();

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

async function main(): Promise<void> {
  // Loaded one by one, the 800 files of an app run take longer than the run itself.
  const { module, keepCompiled } = await loadBundled<typeof Synth>({
    entry: path("stacks/synth.ts"),
    file: path("dist/synth.bundle"),
  });
  await module.synth();
  keepCompiled();
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
