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
  it("leaves plain files beside the JSON", () => {
    expect(readdirSync(outdir).sort()).toEqual(["payload", "review.html", "review.txt", "topology.svg"]);
  });

  it("prints what it writes, without colours in a pipe", () => {
    expect(printed.join("")).toBe(read("review.txt"));
  });

  it("writes what servers share, with its files, and what each has of its own, and nothing else is left", () => {
    expect(readdirSync(join(outdir, "payload")).sort()).toEqual(["roles", "servers"]);
    expect(readdirSync(join(outdir, "payload/roles")).sort()).toEqual(["web+database", "web+database.yaml"]);
    expect(readdirSync(join(outdir, "payload/servers")).sort()).toEqual(["alpha.yaml", "bravo.yaml", "charlie.yaml"]);
    expect(read("payload/roles/web+database.yaml")).toMatch(/^#cloud-config\n/);
    expect(read("payload/roles/web+database/etc/nftables.conf")).toContain("flush ruleset\n");
    expect(read("payload/servers/alpha.yaml")).toContain("\nhostname: alpha\n");
  });

  it("leaves payloads alone that are right already", () => {
    const before = statSync(join(outdir, "payload/servers/alpha.yaml")).ino;
    writeReview(props);
    expect(statSync(join(outdir, "payload/servers/alpha.yaml")).ino).toBe(before);
  });

  it("repairs what somebody changed, and removes what somebody added", () => {
    writeFileSync(join(outdir, "payload/roles/web+database/etc/nftables.conf"), "");
    writeFileSync(join(outdir, "payload/roles/web+database/etc/added"), "");
    writeReview(props);
    expect(read("payload/roles/web+database/etc/nftables.conf")).toContain("flush ruleset\n");
    expect(readdirSync(join(outdir, "payload/roles/web+database/etc"))).not.toContain("added");
  });
});
