import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeReview } from "../../../modules/review/index.js";
import { exampleConfig } from "../../support/config.js";

const outdir = mkdtempSync(join(tmpdir(), "review-"));
const printed: string[] = [];
/** A pipe: a stream that is no terminal. */
const pipe = { write: (text: string) => printed.push(text) > 0, isTTY: false } as unknown as NodeJS.WriteStream;
const props = {
  config: exampleConfig(),
  outdir,
  policies: [],
  hasDatadogApiKey: true,
  drawing: Promise.resolve("<svg/>"),
  output: pipe,
};
const read = (path: string): string => readFileSync(join(outdir, path), "utf8");

beforeAll(async () => {
  mkdirSync(join(outdir, "payload/gone"), { recursive: true });
  mkdirSync(join(outdir, "payload/alpha"));
  writeFileSync(join(outdir, "payload/alpha/user-data.yaml"), "of a former run");
  writeFileSync(join(outdir, "payload/alpha/files"), "where a folder is now");
  writeFileSync(join(outdir, "payload/gone/user-data.yaml"), "of a server that is no longer configured");
  await writeReview(props);
});
afterAll(() => rmSync(outdir, { recursive: true }));

describe("writing the review", () => {
  it("leaves plain files beside the JSON", () => {
    expect(readdirSync(outdir).sort()).toEqual(["payload", "review.txt", "topology.mmd", "topology.svg"]);
  });

  it("prints what it writes, without colours in a pipe", () => {
    expect(printed.join("")).toBe(read("review.txt"));
  });

  it("writes each server's payload, and removes those of servers that are gone", () => {
    expect(readdirSync(join(outdir, "payload")).sort()).toEqual(["alpha", "bravo", "charlie"]);
    expect(read("payload/alpha/user-data.yaml")).toMatch(/^#cloud-config\n/);
    expect(readdirSync(join(outdir, "payload/alpha")).sort()).toEqual(["files", "user-data.yaml"]);
  });

  it("leaves a payload alone that is right already", async () => {
    const before = statSync(join(outdir, "payload/alpha/user-data.yaml")).ino;
    await writeReview(props);
    expect(statSync(join(outdir, "payload/alpha/user-data.yaml")).ino).toBe(before);
  });
});
