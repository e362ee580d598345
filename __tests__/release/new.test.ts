import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildRelease } from "../../release/build.js";
import { makeFolder } from "../../release/folder.js";
import { newApplication } from "../../release/new.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "new-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a new application", () => {
  it.each(["node", "python"] as const)(
    "app:new copies the %s starter, of at most 300 lines, into a new folder, where it can be built",
    async (runtime) => {
      const own = join(folder, runtime);
      await newApplication(runtime, own);
      expect(readdirSync(own)).toEqual(expect.arrayContaining(["README.md", "build", "environment.json"]));
      const files = readdirSync(own, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const lines = files.map(
        ({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8").split("\n").length - 1,
      );
      expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(300);
      // The link replaces `npm install`.
      if (runtime === "node") symlinkSync(resolve("node_modules"), join(own, "node_modules"));
      expect((await buildRelease({ folder, application: own, version: "2.0.0" })).bytes).toBeGreaterThan(1000);
    },
  );

  it("app:new does not overwrite existing files", async () => {
    writeFileSync(join(folder, "mine"), "x");
    await expect(newApplication("python", folder)).rejects.toThrow(
      /must be new or empty, got \d+ entries .*; choose another/,
    );
    await expect(newApplication("python", join(folder, "mine"))).rejects.toThrow(
      /mine must be a new or an empty folder, got ENOTDIR; choose another folder$/,
    );
  });

  it.each(["/proc/none/application", "/proc/none"])(
    "app:new rejects a folder that cannot be created: %s",
    async (nowhere) => {
      const words = "/proc/none: must be a folder that can be created, got ENOENT; choose another folder";
      await expect(newApplication("python", nowhere)).rejects.toThrow(words);
      await expect(buildRelease({ folder: nowhere, application: "examples/python" })).rejects.toThrow(words);
    },
  );

  it("app:new accepts a folder that another process creates at the same time", async () => {
    const both = join(folder, "some", "where");
    await Promise.all([makeFolder(both), makeFolder(both)]);
    expect(readdirSync(both)).toEqual([]);
  });

  it.each(["new", "build", "check"])("app:%s --help shows its usage", (command) => {
    const help = execFileSync(process.execPath, ["--import", "tsx", `release/${command}.ts`, "--help"], {
      encoding: "utf8",
    });
    expect(help).toContain(`Usage: npm run app:${command} --`);
  });
});
