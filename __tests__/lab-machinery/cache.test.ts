import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cached, removePartialBuilds } from "../../lab/system/cache.js";

let cache: string;
beforeEach(() => (cache = mkdtempSync(path.join(tmpdir(), "cache-"))));
afterEach(() => rmSync(cache, { recursive: true }));

const emptyBuild = (directory: string): Promise<void> => Promise.resolve(void mkdirSync(directory));

const interruptedBuild = (): Promise<string> =>
  cached(cache, "packages", "1", (directory) => {
    mkdirSync(path.join(directory, "www"), { recursive: true });
    return Promise.reject(new Error("interrupted"));
  });

it("the lab's cache never uses a directory that an interrupted build left", async () => {
  await expect(interruptedBuild()).rejects.toThrow("interrupted");
  const directory = await cached(cache, "packages", "1", emptyBuild);
  expect(readdirSync(directory)).toEqual([]);
});

it("the cleanup of the lab's cache removes the directories that interrupted builds left, and keeps complete directories", async () => {
  const complete = await cached(cache, "base", "1", emptyBuild);
  await expect(interruptedBuild()).rejects.toThrow("interrupted");
  await removePartialBuilds(cache);
  expect(readdirSync(cache)).toEqual([path.basename(complete)]);
});
