import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeReview } from "../../../modules/review/index.js";
import { exampleConfig } from "../../support/config.js";

const outdir = mkdtempSync(join(tmpdir(), "review-"));
const printed: string[] = [];
/** Output stream that is not a terminal, like a pipe. */
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

beforeAll(() => writeReview(props));
afterAll(() => rmSync(outdir, { recursive: true }));

it("the configuration review is written as text files next to the JSON", () => {
  expect(readdirSync(outdir).sort()).toEqual(["payload", "review.html", "review.txt", "topology.svg"]);
});

it("the configuration review is also printed, without colours if the output is a pipe", () => {
  expect(printed.join("")).toBe(read("review.txt"));
});

it("the configuration review contains the shared and the server-specific payload files", () => {
  expect(readdirSync(join(outdir, "payload")).sort()).toEqual(["roles", "servers"]);
  expect(readdirSync(join(outdir, "payload/roles")).sort()).toEqual(["web+database", "web+database.yaml"]);
  expect(readdirSync(join(outdir, "payload/servers")).sort()).toEqual(["alpha.yaml", "bravo.yaml", "charlie.yaml"]);
  expect(read("payload/roles/web+database.yaml")).toMatch(/^#cloud-config\n/);
  expect(read("payload/roles/web+database/etc/nftables.conf")).toContain("flush ruleset\n");
  expect(read("payload/servers/alpha.yaml")).toContain("\nhostname: alpha\n");
});
