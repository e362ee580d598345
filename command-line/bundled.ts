import { readFileSync } from "node:fs";
import { Module } from "node:module";
import { pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";

/** Keeps each module's own `import.meta.url`, so that modules find files next to their source. */
const asInPlace: Plugin = {
  name: "as-in-place",
  setup: (build) => {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      loader: "ts",
      contents: readFileSync(path, "utf8").replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
    }));
  },
};

/** Replaces the error for missing files that `npm ci` generates. */
const installed = (error: unknown): unknown =>
  String(error).includes('resolve "@cdktf/provider-hcloud')
    ? new Error("providers/hcloud: the generated bindings are missing; run `npm ci`", { cause: error })
    : error;

/**
 * Loads a TypeScript module with all its imports as one script, because loading hundreds of files takes longer than bundling them.
 * @throws Error if the bundle cannot be built: esbuild's error, or a hint about missing bindings
 */
export async function loadBundled<Loaded>(entry: string): Promise<Loaded> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "silent",
    logOverride: { "empty-import-meta": "error" },
    plugins: [asInPlace],
    write: false,
  }).catch((error: unknown) => {
    throw installed(error);
  });
  const loaded = new Module(entry) as Module & { _compile(code: string, file: string): void };
  loaded._compile(outputFiles[0]?.text ?? "", entry);
  return loaded.exports as Loaded;
}
