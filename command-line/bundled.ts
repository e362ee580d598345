import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { Module } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";

/** Replaces `import.meta.url` with the URL of the module's source file, so that bundled modules find files next to their source. */
const asInPlace: Plugin = {
  name: "as-in-place",
  setup: (build) => {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      loader: "ts",
      contents: readFileSync(path, "utf8").replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
    }));
  },
};

/** Returns a clearer error if generated bindings are missing; otherwise returns the same error. */
const installed = (error: unknown): unknown =>
  String(error).includes('resolve "@cdktf/provider-hcloud')
    ? new Error("providers/hcloud: the generated bindings are missing; run `npm ci`", { cause: error })
    : error;

const packages = fileURLToPath(new URL("../node_modules", import.meta.url));

/** Files that are not in a bundle but whose change makes the bundle outdated. */
const surroundings = [fileURLToPath(import.meta.url), join(packages, ".package-lock.json")];

/**
 * Returns a text that changes whenever a file is written or replaced. The text includes the change time, because programs cannot set the
 * change time.
 */
const stampOf = (file: string): string => {
  const { ino, size, ctimeMs } = statSync(file);
  return [ino, size, ctimeMs].join(" ");
};

/** Reads a stored bundle. @returns text of the bundle; `undefined` if no bundle is stored or a file of the bundle has changed */
function readStored(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8");
    const end = text.indexOf("\n");
    const stamps = JSON.parse(text.slice("//".length, end)) as Record<string, string>;
    return Object.entries(stamps).every(([input, stamp]) => stampOf(input) === stamp) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Maximum difference in milliseconds between the change time of a file and the clock. */
const clockTick = 100;

/**
 * Stores a bundle for the next run. Ignores errors, because the folder may be read-only.
 * @param begin time in milliseconds before esbuild read the files
 */
function store(
  file: string,
  { inputs, code, begin }: { inputs: readonly string[]; code: string; begin: number },
): void {
  try {
    // The bundle is not stored if a file has just changed, because the change may be later than esbuild's read.
    if (inputs.some((input) => statSync(input).ctimeMs > begin - clockTick)) return;
    const stamps = Object.fromEntries(inputs.map((input) => [input, stampOf(input)]));
    mkdirSync(join(file, ".."), { recursive: true });
    const partial = `${file}.${process.pid}`;
    writeFileSync(partial, `//${JSON.stringify(stamps)}\n${code}`);
    renameSync(partial, file);
  } catch {
    // Without a stored bundle, the next run builds the bundle again.
  }
}

async function bundleOf(entry: string, folder: string): Promise<string> {
  const file = join(folder, `${createHash("sha256").update(entry).digest("hex").slice(0, 16)}.cjs`);
  const stored = readStored(file);
  if (stored !== undefined) return stored;
  const begin = Date.now();
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "silent",
    logOverride: { "empty-import-meta": "error" },
    plugins: [asInPlace],
    metafile: true,
    write: false,
  }).catch((error: unknown) => {
    throw installed(error);
  });
  const code = outputFiles[0]?.text ?? "";
  const inputs = [...Object.keys(metafile.inputs).map((input) => resolve(input)), ...surroundings];
  store(file, { inputs, code, begin });
  return code;
}

/**
 * Loads a TypeScript module and all its imports as one bundle, because loading hundreds of separate files takes longer. Later runs use the
 * stored bundle until a file of the bundle changes.
 * @param folder folder in which bundles are stored
 * @throws Error if the bundle cannot be built: esbuild's error, or a hint about missing bindings
 */
export async function loadBundled<Loaded>(entry: string, folder = join(packages, ".cache/bundles")): Promise<Loaded> {
  const loaded = new Module(entry) as Module & { _compile(code: string, file: string): void };
  loaded._compile(await bundleOf(entry, folder), entry);
  return loaded.exports as Loaded;
}
