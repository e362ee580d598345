import { fileURLToPath } from "node:url";
import { loadBundled } from "./scripts/bundled.js";
import { skipTokenStacks } from "./scripts/token-stacks.js";
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

let isDone = false;
process.once("exit", () => {
  if (isDone) return;
  console.error("synth: an environment's file ended the run, or waits for what never comes; mend the file");
  process.exitCode = 1;
});

// Whoever reads the review may have seen enough: npm run synth | head
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  isDone = true;
  if (error.code !== "EPIPE") console.error(error.message);
  process.exit(error.code === "EPIPE" ? 0 : 1);
});

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
isDone = true;
