import { describe, expect, it } from "vitest";
import { findProblems } from "../../../modules/config/check.js";
import { problemLine } from "../../../modules/config/problem.js";
import { restoreProblems } from "../../../modules/config/restore.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { secretFilesOf } from "../../../modules/derived/secrets.js";
import { outboundOf } from "../../../modules/derived/traffic/resolve.js";
import { paths } from "../../../modules/platform/paths.js";
import {
  exampleBackup as backup,
  exampleConfig,
  exampleInput,
  exampleRecipients,
  type Overrides,
} from "../../support/config.js";
import { serverOf } from "../../support/servers.js";
import { linesOf } from "./mistake.js";

const timeline = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4";
const problemsOf = (overrides: Overrides<EnvironmentInput>, environment = "production") =>
  findProblems(environment, exampleInput(overrides)).map(({ path, rule }) => `${path} ${rule}`);

describe("production without a backup", () => {
  it("production without a backup requires acceptNoBackup; other environments do not", () => {
    expect(problemsOf({ acceptNoBackup: false })).toEqual([expect.stringMatching(/^backup must be set in production/)]);
    expect(problemsOf({ acceptNoBackup: false, backup })).toEqual([]);
    expect(problemsOf({ acceptNoBackup: false }, "staging")).toEqual([]);
  });
});

describe("the retention of the archive", () => {
  it("rejects a retention that is shorter than the time between two base backups", () => {
    expect(problemsOf({ backup: { ...backup, retentionDays: 2, baseHours: 49 } })).toEqual([
      expect.stringMatching(/^backup\.baseHours must not exceed backup\.retentionDays/),
    ]);
    expect(linesOf({ backup: { ...backup, retentionDays: 2, baseHours: 49 } })).toEqual([
      expect.stringMatching(/; write at most 48, or raise backup\.retentionDays$/),
    ]);
    expect(problemsOf({ backup: { ...backup, retentionDays: 2, baseHours: 48 } })).toEqual([]);
  });
});

describe("a server named drill", () => {
  it("rejects a server named drill if backup is set, because the archive stores the results of restore drills under this name", () => {
    const servers = { drill: exampleInput().servers["charlie"] as never, charlie: undefined as never };
    const refused = expect.stringMatching(
      /^servers\.drill: must have another name if backup is set, .*; choose another name/,
    ) as string;
    expect(linesOf({ backup, servers })).toContainEqual(refused);
    expect(linesOf({ servers })).not.toContainEqual(refused);
  });
});

describe("the recipients of the archive", () => {
  it.each([
    ["one key, which may be lost", [exampleRecipients[0]], "backup.recipients must have at least 2 entries"],
    ["a key twice", [exampleRecipients[0], exampleRecipients[0]], "backup.recipients"],
    [
      "a private key",
      [exampleRecipients[0], "AGE-SECRET-KEY-1QQQ"],
      "backup.recipients[1] must be a public key of age, but this is a private key",
    ],
  ])("rejects as recipients of the archive: %s", (_, recipients, problem) => {
    expect(problemsOf({ backup: { ...backup, recipients } }).join()).toContain(problem);
  });
});

describe("restore", () => {
  it.each(["latest", "2026-12-01T20:00:00Z", "2026-12-01T20:00:00.25Z", `before ${timeline}:4711`])(
    "accepts the restore point %s",
    (at) => {
      expect(problemsOf({ backup, restore: { timeline, at } })).toEqual([]);
    },
  );

  it.each(["yesterday", "2026-13-01T20:00:00Z", "2026-02-30T20:00:00Z", "2026-12-01 20:00", `before ${timeline}`])(
    "rejects the restore point %s",
    (at) => {
      expect(problemsOf({ backup, restore: { timeline, at } })).toEqual([
        expect.stringMatching(/^restore\.at must be/),
      ]);
    },
  );

  it("accepts valid exclusions of a restore and rejects other texts", () => {
    const given = {
      excludeServers: ["alpha"],
      excludeLogs: ["alpha/000012-0123456789abcdef"],
      uploadedBefore: "2026-12-01T20:00:00Z",
      branch: "0123456789abcdef",
    };
    expect(problemsOf({ backup, restore: { timeline, at: "latest", ...given } })).toEqual([]);
    const wrong = { excludeServers: ["Alpha"], excludeLogs: ["binlog.12"], uploadedBefore: "today", branch: "main" };
    expect(problemsOf({ backup, restore: { timeline, at: "latest", ...wrong } })).toEqual([
      expect.stringMatching(/^restore\.excludeServers\[0\] must be/),
      expect.stringMatching(/^restore\.excludeLogs\[0\] must be a log segment of the archive/),
      expect.stringMatching(/^restore\.uploadedBefore must be a time in UTC/),
      expect.stringMatching(/^restore\.branch must be 16 hexadecimal digits/),
    ]);
  });

  it("rejects a restore time in the future", () => {
    const problems = (at: string) =>
      restoreProblems({ restore: { at } }, new Date("2026-12-01T20:00:00Z")).map(problemLine);
    expect(["2026-12-01T20:00:00Z", "latest", `before ${timeline}:4711`].flatMap(problems)).toEqual([]);
    expect(problems("2026-12-01T20:00:01Z")).toEqual([
      'restore.at: must be in the past (now: 2026-12-01T20:00:00.000Z), got "2026-12-01T20:00:01Z"; write a past time in UTC, or "latest"',
    ]);
  });

  it("a restore requires backup and a new group name", () => {
    const restore = { timeline, at: "latest" };
    expect(problemsOf({ restore })).toEqual([expect.stringMatching(/^restore must be combined with backup/)]);
    expect(problemsOf({ backup, restore, database: { groupName: timeline } })).toEqual([
      expect.stringMatching(/^database\.groupName must be a new UUID/),
    ]);
  });

  it("gives the restore's private key only to the first member", () => {
    const config = exampleConfig({ backup, restore: { timeline, at: "latest" } });
    const withKey = config.servers.filter((server) =>
      secretFilesOf(config, server).own.some(({ path }) => path === paths.backup.restorePrivateKey),
    );
    expect(withKey.map(({ name }) => name)).toEqual(["alpha"]);
  });
});

describe("connections to the bucket", () => {
  const users = (overrides: Overrides<EnvironmentInput>): readonly string[] => {
    const config = exampleConfig(overrides);
    return outboundOf(config, serverOf(config, "alpha")).flatMap(({ users: some = [] }) => some);
  };

  it("opens connections to the bucket only for mysql-backup, and only if backup is set", () => {
    expect(users({ backup }).filter((user) => user === "mysql-backup")).toHaveLength(1);
    expect(users({})).not.toContain("mysql-backup");
  });
});
