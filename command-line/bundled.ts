import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Script } from "node:vm";
import type { Plugin } from "esbuild";

/** A module, and the file of its bundle. */
export interface BundleProps {
  /** TypeScript entry. Imports by name, including `import()`, are part of the bundle; imports by URL are not. */
  readonly entry: string;
  /** Built if it is missing or an input changed. */
  readonly file: string;
}

/** First line of the file. */
interface Header {
  /** Path of the file. In a copied project, the bundle would otherwise refer to the inputs of the original project. */
  readonly file: string;
  /** Time before the inputs were read, by the file system's clock. */
  readonly startMs: number;
  readonly inputs: readonly string[];
  /** Length of the JavaScript. After the first run, V8's compiled code follows. */
  readonly codeBytes: number;
}

/** The file's content. Header, JavaScript and compiled code are in one file, so that they always match. */
interface Bundle {
  readonly header: Header;
  readonly code: Buffer;
  readonly compiled: Buffer;
}

/** Time of a file's last change. Unlike the modification time, copies and checkouts do not preserve it. */
const changedMs = (file: string): number => statSync(file, { throwIfNoEntry: false })?.ctimeMs ?? Infinity;

/** The components of a bundle file. @throws Error if the file is not a bundle */
function read(file: string): Bundle {
  const content = readFileSync(file);
  const codeAt = content.indexOf("\n") + 1;
  const header = JSON.parse(content.toString("utf8", 0, codeAt)) as Header;
  const compiledAt = codeAt + header.codeBytes;
  return { header, code: content.subarray(codeAt, compiledAt), compiled: content.subarray(compiledAt) };
}

/** The bundle in a file, if it is complete, was built there, and no input changed since. */
function readFresh(file: string): Bundle | undefined {
  try {
    const bundle = read(file);
    const { file: madeAs, inputs, startMs } = bundle.header;
    return madeAs === file && inputs.every((input) => changedMs(input) < startMs) ? bundle : undefined;
  } catch {
    return undefined;
  }
}

const unfinished = (file: string): string => `${file}.${process.pid}`;

/** Removes incomplete files of interrupted runs. Writing takes less than a minute, so older files are leftovers. */
function removeLeft(file: string): void {
  for (const name of readdirSync(dirname(file))) {
    const left = join(dirname(file), name);
    if (name.startsWith(`${basename(file)}.`) && changedMs(left) < Date.now() - 60_000) rmSync(left, { force: true });
  }
}

/** Writes atomically, even if other processes write at the same time. */
function write(file: string, { header, code, compiled }: Bundle): void {
  writeFileSync(unfinished(file), Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), code, compiled]));
  renameSync(unfinished(file), file);
}

/**
 * Keeps each module's own `import.meta.url`, so that modules find files next to their source. A script from cached code cannot call `import()`,
 * so the bundle gets a function for this.
 */
const asInPlace: Plugin = {
  name: "as-in-place",
  setup: (build) => {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      loader: "ts",
      contents: readFileSync(path, "utf8")
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
        .replaceAll(/\bimport\((?!\s*["'])/g, "importOutside("),
    }));
  },
};

/** Current time of the file system's clock. */
function now(file: string): number {
  writeFileSync(unfinished(file), "");
  try {
    return changedMs(unfinished(file));
  } finally {
    rmSync(unfinished(file));
  }
}

/** Replaces the error for missing files that `npm ci` generates. */
const installed = (error: unknown): unknown =>
  String(error).includes('resolve "@cdktf/provider-hcloud')
    ? new Error("providers/hcloud: the generated bindings are missing; run `npm ci`", {
        cause: error,
      })
    : error;

async function make({ entry, file }: BundleProps): Promise<Bundle> {
  const { build } = await import("esbuild");
  mkdirSync(dirname(file), { recursive: true });
  removeLeft(file);
  const startMs = now(file);
  const { metafile, outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "silent",
    logOverride: { "empty-import-meta": "error" },
    plugins: [asInPlace],
    metafile: true,
    write: false,
  }).catch((error: unknown) => {
    throw installed(error);
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []);
  const inputs = [fileURLToPath(import.meta.url), ...Object.keys(metafile.inputs).map((input) => resolve(input))];
  const bundle: Bundle = { header: { file, startMs, inputs, codeBytes: code.length }, code, compiled: Buffer.alloc(0) };
  write(file, bundle);
  return bundle;
}

/** A module loaded from a bundle. */
export interface Bundled<Module> {
  readonly module: Module;
  /** To be called after the run. Stores V8's compiled code for the next run. */
  readonly keepCompiled: () => void;
}

/**
 * Loads a module with all its imports from one file.
 * @throws Error if the bundle cannot be built: esbuild's error, or a hint about missing bindings
 */
export async function loadBundled<Module>(props: BundleProps): Promise<Bundled<Module>> {
  const bundle = readFresh(props.file) ?? (await make(props));
  const script = new Script(`(function (exports, require, module, importOutside) {${bundle.code.toString()}\n})`, {
    filename: props.file,
    cachedData: bundle.compiled.length > 0 ? bundle.compiled : undefined,
  });
  const run = script.runInThisContext() as (...given: readonly unknown[]) => void;
  const module = { exports: {} };
  run(module.exports, createRequire(props.file), module, (address: string) => import(address));
  return {
    module: module.exports as Module,
    keepCompiled: () => {
      if (script.cachedDataRejected !== false) write(props.file, { ...bundle, compiled: script.createCachedData() });
    },
  };
}
