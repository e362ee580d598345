import { open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeWhole } from "../../lab/system/write-whole.js";
import { temporaryFolder } from "../support/payload-files.js";

it("writeWhole replaces a file instead of overwriting it, so a file is never truncated if the writer is killed", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "changeover.json");
  await writeFile(file, '{"used":1}');
  const before = await open(file);
  await writeWhole(file, '{"used":2}');
  expect(await before.readFile("utf8")).toBe('{"used":1}');
  await before.close();
  expect(await readFile(file, "utf8")).toBe('{"used":2}');
  expect(await readdir(folder)).toEqual(["changeover.json"]);
});
