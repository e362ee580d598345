import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadBundled } from "../../command-line/bundled.js";

vi.mock("esbuild", { spy: true });

let folder: string;
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const load = (): Promise<unknown> => loadBundled(join(folder, "entry.ts"), join(folder, "stored"));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bundled-"));
  write("text", "read");
  write("entry.ts", 'export { name } from "./part.js"; export { beside } from "./beside.js";');
  write("part.ts", 'export const name: string = "world";');
  write(
    "beside.ts",
    'import { readFileSync } from "node:fs"; export const beside = readFileSync(new URL("text", import.meta.url), "utf8");',
  );
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.clearAllMocks();
});

describe("a bundle", () => {
  it("a bundle contains the module and everything that the module imports, and keeps the URLs of the source files", async () => {
    expect({ ...((await load()) as object) }).toEqual({ name: "world", beside: "read" });
  });

  it("a bundle imports a file whose name is known only at run time", async () => {
    write("entry.ts", "export const load = (file: string) => import(file);");
    write("later.mjs", "export const later = 1;");
    const { load: importFile } = (await load()) as { load: (file: string) => Promise<unknown> };
    expect(await importFile(pathToFileURL(join(folder, "later.mjs")).href)).toMatchObject({ later: 1 });
  });

  it("a bundle is built again only after one of its source files has changed", async () => {
    // The loader does not store a bundle if one of its files has just been written, so the test waits.
    await setTimeout(200);
    const loaded = [await load(), await load()];
    write("part.ts", 'export const name: string = "changed";');
    loaded.push(await load());
    expect(loaded).toMatchObject([{ name: "world" }, { name: "world" }, { name: "changed" }]);
    expect(build).toHaveBeenCalledTimes(2);
  });

  it("if a module cannot be bundled, the error message contains file and line", async () => {
    write("part.ts", 'export { name } from "./missing.js";');
    await expect(load()).rejects.toThrow(/part\.ts:1:21: ERROR: Could not resolve "\.\/missing\.js"/);
  });

  it("if generated bindings are missing, the error message suggests `npm ci`", async () => {
    write("part.ts", 'export { name } from "@cdktf/provider-hcloud/lib/name";');
    await expect(load()).rejects.toThrow(/^providers\/hcloud: .* are missing; run `npm ci`$/);
  });
});
