import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

describe("an application of one's own", () => {
  it.each(["node", "python"] as const)("in %s is a copy of the example that builds anywhere", async (runtime) => {
    const own = join(folder, runtime);
    await newApplication(runtime, own);
    expect(readdirSync(own)).toEqual(expect.arrayContaining(["README.md", "build", "environment.json"]));
    // What `npm install` would bring.
    if (runtime === "node") symlinkSync(resolve("node_modules"), join(own, "node_modules"));
    expect((await buildRelease({ folder, application: own, version: "2.0.0" })).bytes).toBeGreaterThan(1000);
  });

  it("overwrites nothing", async () => {
    writeFileSync(join(folder, "mine"), "x");
    await expect(newApplication("python", folder)).rejects.toThrow(
      /must be new or empty, got \d+ entries .*; name another/,
    );
    await expect(newApplication("python", join(folder, "mine"))).rejects.toThrow(
      /mine must be a new or an empty folder, got ENOTDIR; name another folder$/,
    );
  });

  it.each(["/proc/none/application", "/proc/none"])("is not begun where no folder can be made: %s", async (nowhere) => {
    const words = "/proc/none: must be a folder that can be made, got ENOENT; name another folder";
    await expect(newApplication("python", nowhere)).rejects.toThrow(words);
    await expect(buildRelease({ folder: nowhere, application: "examples/poll" })).rejects.toThrow(words);
  });

  it("takes a folder that somebody else makes at the same moment", async () => {
    const both = join(folder, "some", "where");
    await Promise.all([makeFolder(both), makeFolder(both)]);
    expect(readdirSync(both)).toEqual([]);
  });

  it.each(["new", "build", "check"])("app:%s explains itself", (command) => {
    const help = execFileSync(process.execPath, ["--import", "tsx", `release/${command}.ts`, "--help"], {
      encoding: "utf8",
    });
    expect(help).toContain(`Usage: npm run app:${command} --`);
  });
});
