import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeReview } from "../../../modules/review/index.js";
import { exampleConfig } from "../../support/config.js";

const outdir = mkdtempSync(join(tmpdir(), "review-"));
const printed: string[] = [];
/** A pipe: a stream that is not a terminal. */
const pipe = { write: (text: string) => printed.push(text) > 0, isTTY: false } as unknown as NodeJS.WriteStream;
const props = {
  config: exampleConfig(),
  outdir,
  policies: [],
  hasDatadogApiKey: true,
  today: new Date("2026-12-01"),
  output: pipe,
};
const read = (path: string): string => readFileSync(join(outdir, path), "utf8");

beforeAll(() => {
  mkdirSync(join(outdir, "payload/roles/web+database.yaml"), { recursive: true });
  mkdirSync(join(outdir, "payload/servers"));
  writeFileSync(join(outdir, "payload/servers/alpha.yaml"), "of a former run");
  writeFileSync(join(outdir, "payload/roles/web+database"), "where a folder is now");
  writeFileSync(join(outdir, "payload/servers/gone.yaml"), "of a server that is no longer configured");
  writeReview(props);
});
afterAll(() => rmSync(outdir, { recursive: true }));

describe("writing the review", () => {
  it("writes plain files next to the JSON", () => {
    expect(readdirSync(outdir).sort()).toEqual(["payload", "review.html", "review.txt", "topology.svg"]);
  });

  it("prints the written review, without colours in a pipe", () => {
    expect(printed.join("")).toBe(read("review.txt"));
  });

  it("writes the shared and the server-specific payload files and removes all other files", () => {
    expect(readdirSync(join(outdir, "payload")).sort()).toEqual(["roles", "servers"]);
    expect(readdirSync(join(outdir, "payload/roles")).sort()).toEqual(["web+database", "web+database.yaml"]);
    expect(readdirSync(join(outdir, "payload/servers")).sort()).toEqual(["alpha.yaml", "bravo.yaml", "charlie.yaml"]);
    expect(read("payload/roles/web+database.yaml")).toMatch(/^#cloud-config\n/);
    expect(read("payload/roles/web+database/etc/nftables.conf")).toContain("flush ruleset\n");
    expect(read("payload/servers/alpha.yaml")).toContain("\nhostname: alpha\n");
  });

  it("does not rewrite payload files that are already correct", () => {
    const before = statSync(join(outdir, "payload/servers/alpha.yaml")).ino;
    writeReview(props);
    expect(statSync(join(outdir, "payload/servers/alpha.yaml")).ino).toBe(before);
  });

  it("rewrites changed payload files and removes added ones", () => {
    writeFileSync(join(outdir, "payload/roles/web+database/etc/nftables.conf"), "");
    writeFileSync(join(outdir, "payload/roles/web+database/etc/added"), "");
    writeReview(props);
    expect(read("payload/roles/web+database/etc/nftables.conf")).toContain("flush ruleset\n");
    expect(readdirSync(join(outdir, "payload/roles/web+database/etc"))).not.toContain("added");
  });
});
