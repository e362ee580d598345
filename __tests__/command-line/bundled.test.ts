import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { loadBundled, type Bundled } from "../../command-line/bundled.js";

interface Fixture {
  readonly greeting: string;
  readonly beside: string;
}

let folder: string;
const at = (name: string): string => join(folder, name);
const load = (): Promise<Bundled<Fixture>> => loadBundled({ entry: at("entry.ts"), file: at("made/entry.bundle") });
const greeting = async (): Promise<string> => (await load()).module.greeting;
/** Changes if the file is written. */
const inode = (): number => statSync(at("made/entry.bundle")).ino;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "bundled-"));
  mkdirSync(at("deep"));
  writeFileSync(at("deep/part.ts"), 'export const name: string = "world";');
  writeFileSync(at("deep/text"), "read");
  writeFileSync(
    at("deep/beside.ts"),
    'import { readFileSync } from "node:fs"; export const beside = readFileSync(new URL("text", import.meta.url), "utf8");',
  );
  writeFileSync(
    at("entry.ts"),
    'import { name } from "./deep/part.js"; export { beside } from "./deep/beside.js"; export const greeting = `hello ${name}`;',
  );
  // The file system's clock ticks every few milliseconds, and inputs as old as the start of the build count as changed.
  await setTimeout(20);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a bundle", () => {
  it("a bundle contains the module and its imports, and keeps the URLs of its files", async () => {
    const { module } = await load();
    expect({ ...module }).toEqual({ greeting: "hello world", beside: "read" });
  });

  it("reuses a bundle while no input changes", async () => {
    await load();
    const before = inode();
    expect(await greeting()).toBe("hello world");
    expect(inode()).toBe(before);
  });

  it("stores V8's compiled code once", async () => {
    const first = await load();
    const bytes = statSync(at("made/entry.bundle")).size;
    first.keepCompiled();
    expect(statSync(at("made/entry.bundle")).size).toBeGreaterThan(bytes);
    const before = inode();
    const second = await load();
    second.keepCompiled();
    expect(second.module.greeting).toBe("hello world");
    expect(inode()).toBe(before);
  });
});

describe("import() in a bundle", () => {
  it("import() of a name loads from the bundle, and import() of a URL loads the file", async () => {
    writeFileSync(at("outside.mjs"), "export const place = 'outside';");
    writeFileSync(at("deep/late.ts"), 'export const place: string = "inside";');
    writeFileSync(
      at("entry.ts"),
      `export const inside = async () => (await import("./deep/late.js")).place;
       export const outside = async (file: URL) => (await import(file.href)).place;`,
    );
    interface Late {
      readonly inside: () => Promise<string>;
      readonly outside: (file: URL) => Promise<string>;
    }
    const props = { entry: at("entry.ts"), file: at("made/entry.bundle") };
    const places = async ({ module }: Bundled<Late>) => [
      await module.inside(),
      await module.outside(pathToFileURL(at("outside.mjs"))),
    ];
    const first = await loadBundled<Late>(props);
    expect(await places(first)).toEqual(["inside", "outside"]);
    first.keepCompiled();
    expect(await places(await loadBundled<Late>(props))).toEqual(["inside", "outside"]);
  });
});

describe("a bundle is made anew", () => {
  it("rebuilds a bundle if an imported file changes", async () => {
    await load();
    writeFileSync(at("deep/part.ts"), 'export const name: string = "there";');
    expect(await greeting()).toBe("hello there");
  });

  it("rebuilds a bundle if a file is replaced with an older file", async () => {
    writeFileSync(at("old.ts"), 'export const name: string = "past";');
    utimesSync(at("old.ts"), 0, 0);
    await load();
    renameSync(at("old.ts"), at("deep/part.ts"));
    expect(await greeting()).toBe("hello past");
  });

  it("rebuilds a bundle if a run of the previous bundle ends after the change", async () => {
    const former = await load();
    writeFileSync(at("deep/part.ts"), 'export const name: string = "there";');
    await load();
    former.keepCompiled();
    expect(await greeting()).toBe("hello there");
  });

  it("rebuilds a bundle in a copied folder", async () => {
    await load();
    for (const part of ["entry.ts", "deep", "made"]) cpSync(at(part), at(`copy/${part}`), { recursive: true });
    writeFileSync(at("copy/deep/part.ts"), 'export const name: string = "copy";');
    const { module } = await loadBundled<Fixture>({ entry: at("copy/entry.ts"), file: at("copy/made/entry.bundle") });
    expect(module.greeting).toBe("hello copy");
  });

  it("removes incomplete files of interrupted runs, but not files that another run is writing", async () => {
    mkdirSync(at("made"));
    const left = at(`made/entry.bundle.${process.pid + 1}`);
    writeFileSync(left, "half");
    await load();
    expect(readdirSync(at("made"))).toContain(basename(left));
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 61_000);
    onTestFinished(() => void vi.restoreAllMocks());
    rmSync(at("made/entry.bundle"));
    await load();
    expect(readdirSync(at("made"))).toEqual(["entry.bundle"]);
  });

  it("rebuilds a damaged bundle", async () => {
    await load();
    writeFileSync(at("made/entry.bundle"), readFileSync(at("made/entry.bundle")).subarray(0, 40));
    expect(await greeting()).toBe("hello world");
  });
});

describe("what cannot be bundled", () => {
  it("reports file and line if a module cannot be bundled", async () => {
    writeFileSync(at("deep/part.ts"), 'export { name } from "./missing.js";');
    await expect(load()).rejects.toThrow(/part\.ts:1:21: ERROR: Could not resolve "\.\/missing\.js"/);
  });

  it("leaves no file behind if bundling fails", async () => {
    writeFileSync(at("deep/part.ts"), 'export { name } from "./missing.js";');
    await expect(load()).rejects.toThrow();
    expect(readdirSync(at("made"))).toEqual([]);
  });

  it("suggests `npm ci` if generated bindings are missing", async () => {
    writeFileSync(at("deep/part.ts"), 'export { name } from "@cdktf/provider-hcloud/lib/name";');
    await expect(load()).rejects.toThrow(/^providers\/hcloud: .* are missing; run `npm ci`$/);
  });
});
