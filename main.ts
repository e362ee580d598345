import { fileURLToPath } from "node:url";
import { loadBundled } from "./command-line/bundled.js";
import { runCommand } from "./command-line/run.js";
import type * as Synth from "./stacks/synth.js";

async function main(): Promise<void> {
  const [word] = process.argv.slice(2);
  // Rejects arguments, because `npm run synth staging` would otherwise synthesize production.
  if (word !== undefined)
    throw new Error(
      `synth: takes no arguments, got ${word}; select an environment with ENVIRONMENT=staging npm run synth`,
    );
  const { synth } = await loadBundled<typeof Synth>(fileURLToPath(new URL("stacks/synth.ts", import.meta.url)));
  await synth();
}

// The promise is not awaited. If the command never ended, Node would otherwise print its own warning.
void runCommand(
  main,
  "synth: the environment's file ended the process, or waits for a promise that never resolves; correct the file",
);
