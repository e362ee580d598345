import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeOutdir } from "../../../modules/terraform/outdir.js";
import { temporaryFolder } from "../../support/payload-files.js";

const write =
  (files: Readonly<Record<string, string>>) =>
  (folder: string): void => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, ".."), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  };

const filesIn = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [join(parentPath, name).slice(folder.length + 1), join(parentPath, name)] as const)
      .map(([name, file]) => [name, readFileSync(file, "utf8")]),
  );

it("the synthesis writes all files into the output folder, keeps Terraform's files, and removes outdated payload files", () => {
  const outdir = join(temporaryFolder(), "out");
  writeOutdir(outdir, write({ "stacks/a/cdk.tf.json": "1", "payload/old": "old", "review.txt": "1" }));
  write({ "stacks/a/.terraform/plugin": "kept" })(outdir);
  writeOutdir(outdir, write({ "stacks/a/cdk.tf.json": "2", "payload/new": "new", "review.txt": "2" }));
  expect(filesIn(outdir)).toEqual({
    "stacks/a/cdk.tf.json": "2",
    "stacks/a/.terraform/plugin": "kept",
    "payload/new": "new",
    "review.txt": "2",
  });
});

it.each([
  ["ENOSPC", /out: cannot be written: the disk is full; free some space$/],
  ["EDQUOT", /out: cannot be written: the disk quota is used up; free some space$/],
  ["EROFS", /out: cannot be written: the file system is read-only; set CDKTF_OUTDIR to a writable folder$/],
  ["EACCES", /out: cannot be written: no permission; set CDKTF_OUTDIR to a writable folder$/],
])("the synthesis does not change the output folder and reports the cause if a file fails with %s", (code, words) => {
  const outdir = join(temporaryFolder(), "out");
  const failing = (folder: string): void => {
    write({ "review.txt": "half" })(folder);
    throw Object.assign(new Error(code), { code });
  };
  expect(() => writeOutdir(outdir, failing)).toThrow(words);
  expect(readdirSync(join(outdir, ".."))).toEqual([]);
  writeOutdir(outdir, write({ "review.txt": "1" }));
  expect(() => writeOutdir(outdir, failing)).toThrow(words);
  expect(filesIn(outdir)).toEqual({ "review.txt": "1" });
  expect(readdirSync(outdir)).toEqual(["review.txt"]);
});

it("if the configuration is rejected, the synthesis fails with the unchanged error of the check", () => {
  const reject = (): never => {
    throw new Error("policy state-shared");
  };
  expect(() => writeOutdir(join(temporaryFolder(), "out"), reject)).toThrow(/^policy state-shared$/);
});
