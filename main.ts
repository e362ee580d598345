import { fileURLToPath } from "node:url";
import { loadBundled } from "./scripts/bundled.js";
import type * as Synth from "./synth.js";

// cdktf records a whole stack for each token and reference, for messages about broken ones: a quarter of the run's time.
Error.captureStackTrace = () => undefined;

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

async function main(): Promise<void> {
  // One by one, the 800 files of an app run take longer to load than to run.
  const { module, keepCompiled } = await loadBundled<typeof Synth>({
    entry: path("synth.ts"),
    file: path("dist/synth.bundle"),
  });
  await module.synth((file) => import(file.href));
  keepCompiled();
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
