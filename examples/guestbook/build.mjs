import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = fileURLToPath(new URL(".", import.meta.url));
const [, , folder] = process.argv;

await mkdir(folder, { recursive: true });
// The build writes one readable file for each command and one for shared code, so that stack traces in logs show readable names.
await build({
  entryPoints: ["server", "migrate"].map((name) => join(source, `src/${name}.ts`)),
  outdir: folder,
  bundle: true,
  splitting: true,
  chunkNames: "shared",
  platform: "node",
  target: "node20",
  format: "esm",
  legalComments: "none",
  logLevel: "warning",
  absWorkingDir: source,
  // The banner defines `require`, because the database driver is CommonJS and calls `require` for Node's own modules.
  banner: { js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);' },
});
await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
await cp(join(source, "src/migrations"), join(folder, "migrations"), { recursive: true });
