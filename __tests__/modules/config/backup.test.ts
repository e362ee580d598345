import { expect, it } from "vitest";
import { findProblems } from "../../../modules/config/check.js";
import { problemLine } from "../../../modules/config/problem.js";
import { restoreProblems } from "../../../modules/config/restore.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { secretFilesOf } from "../../../modules/derived/secrets.js";
import { outboundOf } from "../../../modules/derived/traffic/resolve.js";
import { paths } from "../../../modules/platform/paths.js";
import { exampleBackup as backup, exampleConfig, exampleInput, type Overrides } from "../../support/config.js";
import { serverOf } from "../../support/servers.js";

const timeline = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4";
const problemsOf = (overrides: Overrides<EnvironmentInput>, environment = "production") =>
  findProblems(environment, exampleInput(overrides)).map(({ path, rule }) => `${path} ${rule}`);

it("the configuration of production without a backup requires acceptNoBackup; other environments do not require it", () => {
  expect(problemsOf({ acceptNoBackup: false })).toEqual([expect.stringMatching(/^backup must be set in production/)]);
  expect(problemsOf({ acceptNoBackup: false, backup })).toEqual([]);
  expect(problemsOf({ acceptNoBackup: false }, "staging")).toEqual([]);
});

it("the configuration check rejects a restore time in the future", () => {
  const problems = (at: string) =>
    restoreProblems({ restore: { at } }, new Date("2026-12-01T20:00:00Z")).map(problemLine);
  expect(["2026-12-01T20:00:00Z", "latest", `before ${timeline}:4711`].flatMap(problems)).toEqual([]);
  expect(problems("2026-12-01T20:00:01Z")).toEqual([
    'restore.at: must be in the past (now: 2026-12-01T20:00:00.000Z), got "2026-12-01T20:00:01Z"; write a past time in UTC, or "latest"',
  ]);
});

it("only the first member receives the private key for a restore", () => {
  const config = exampleConfig({ backup, restore: { timeline, at: "latest" } });
  const withKey = config.servers.filter((server) =>
    secretFilesOf(config, server).own.some(({ path }) => path === paths.backup.restorePrivateKey),
  );
  expect(withKey.map(({ name }) => name)).toEqual(["alpha"]);
});

const users = (overrides: Overrides<EnvironmentInput>): readonly string[] => {
  const config = exampleConfig(overrides);
  return outboundOf(config, serverOf(config, "alpha")).flatMap(({ users: some = [] }) => some);
};

it("the firewalls allow connections to the backup bucket only for mysql-backup, and only if a backup is configured", () => {
  expect(users({ backup }).filter((user) => user === "mysql-backup")).toHaveLength(1);
  expect(users({})).not.toContain("mysql-backup");
});
