import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Script } from "node:vm";
import type { Plugin } from "esbuild";

/** A module of ours, and the file that holds it together with everything it imports. */
export interface BundleProps {
  /** TypeScript. What it imports by a name is in the bundle, also by `import()`; what it imports by an address stays outside. */
  readonly entry: string;
  /** Made when it is missing, or when one of the files it was made of has changed. */
  readonly file: string;
}

/** First line of the file. */
interface Header {
  /** The file itself: a copy of it in a copied project would otherwise take the first project's files for its own. */
  readonly file: string;
  /** When reading the inputs began, by the clock of the file system. */
  readonly startMs: number;
  readonly inputs: readonly string[];
  /** Length of the JavaScript. What follows it is V8's compiled form, after the first run. */
  readonly codeBytes: number;
}

/** The file's content: header, JavaScript and compiled form stay together, so that none is used with another's. */
interface Bundle {
  readonly header: Header;
  readonly code: Buffer;
  readonly compiled: Buffer;
}

/** When a file was last written or replaced. Unlike the modification time, no copy or checkout takes it along. */
const changedMs = (file: string): number => statSync(file, { throwIfNoEntry: false })?.ctimeMs ?? Infinity;

/** The parts of a file. @throws Error when it is none that this program made */
function read(file: string): Bundle {
  const content = readFileSync(file);
  const codeAt = content.indexOf("\n") + 1;
  const header = JSON.parse(content.toString("utf8", 0, codeAt)) as Header;
  const compiledAt = codeAt + header.codeBytes;
  return { header, code: content.subarray(codeAt, compiledAt), compiled: content.subarray(compiledAt) };
}

/** The bundle in a file, if it is whole, was made there, and nothing it was made of has changed since. */
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

/** Removes what runs have left that were ended while they wrote, which takes no minute. */
function removeLeft(file: string): void {
  for (const name of readdirSync(dirname(file))) {
    const left = join(dirname(file), name);
    if (name.startsWith(`${basename(file)}.`) && changedMs(left) < Date.now() - 60_000) rmSync(left, { force: true });
  }
}

/** Writes all or nothing, whoever else writes at the same time. */
function write(file: string, { header, code, compiled }: Bundle): void {
  writeFileSync(unfinished(file), Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), code, compiled]));
  renameSync(unfinished(file), file);
}

/**
 * Files of ours find what lies beside them by their own address, not the bundle's. A compiled script that was kept cannot call `import()`:
 * the bundle is handed a function that does.
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

/** Time of the file system's clock. */
function now(file: string): number {
  writeFileSync(unfinished(file), "");
  try {
    return changedMs(unfinished(file));
  } finally {
    rmSync(unfinished(file));
  }
}

/** What helps where a file that is made at installation is not there. */
const installed = (error: unknown): unknown =>
  String(error).includes('resolve "@cdktf/provider-hcloud')
    ? new Error("providers/hcloud: the bindings are made when packages are installed, and are missing; run `npm ci`", {
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

/** A module that came from a bundle. */
export interface Bundled<Module> {
  readonly module: Module;
  /** After the run: keeps what V8 compiled for it, so that the next one need not. */
  readonly keepCompiled: () => void;
}

/**
 * Loads a module and all that it imports from one file.
 * @throws Error when the file cannot be made, of esbuild, or one that says what is not installed
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
