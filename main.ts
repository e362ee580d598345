import { fileURLToPath } from "node:url";
import { loadBundled } from "./command-line/bundled.js";
import { runCommand } from "./command-line/run.js";
import { skipTokenStacks } from "./command-line/token-stacks.js";
import type * as Synth from "./stacks/synth.js";

skipTokenStacks();

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

async function main(): Promise<void> {
  const [word] = process.argv.slice(2);
  // `npm run synth staging` would build production.
  if (word !== undefined)
    throw new Error(
      `synth: takes no arguments, got ${word}; an environment is named as ENVIRONMENT=staging npm run synth`,
    );
  // Loaded one by one, the 800 files of an app run take longer than the run itself.
  const { module, keepCompiled } = await loadBundled<typeof Synth>({
    entry: path("stacks/synth.ts"),
    file: path("dist/synth.bundle"),
  });
  await module.synth();
  keepCompiled();
}

// Not awaited: Node would print a warning of its own if the command never ends.
void runCommand(main, "synth: an environment's file ended the run, or waits for what never comes; correct the file");
