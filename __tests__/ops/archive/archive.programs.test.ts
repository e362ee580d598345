import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { objectDays } from "../../../modules/config/archive.js";
import { archiveOf } from "../../../ops/archive/archive.js";
import { handsOf, type Timeline } from "../../../ops/commands/backups.js";
import { exampleBackup, exampleConfig } from "../../support/config.js";
import { hasTool, isRoot } from "../../support/tools.js";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const parts = "../../../modules/machine/parts";
const env = {
  ...process.env,
  PYTHONPATH: ["../../../ops/archive/files", `${parts}/backup/files/mysql-backup`, `${parts}/mysql/files/mysql-group`]
    .map(folder)
    .join(":"),
  PYTHONDONTWRITEBYTECODE: "1",
};

describe("the programs for the archive", () => {
  const what = "what operators do with the archive, against an object storage and MySQL";
  const possible = ["/opt/moto/bin/python", "mysqlbinlog", "age"].every((tool) => hasTool(tool, what)) && isRoot(what);

  it.runIf(possible)(
    "do as their own tests say",
    () => {
      const run = spawnSync("python3", ["-m", "unittest", "discover", "-s", folder(".")], { encoding: "utf8", env });
      expect(run.stderr).toMatch(/Ran \d{2,} tests[\s\S]*\nOK\n$/);
    },
    600_000,
  );
});

const archive = archiveOf(
  exampleConfig({
    backup: exampleBackup,
  }),
);

describe("objects of the archive", () => {
  it.each([
    [14, 24, 22],
    [14, 30, 23],
    [1, 1, 9],
  ])("for %i days, with a base every %i h, live %i days", (retentionDays, baseHours, days) => {
    expect(objectDays({ ...archive.backup, retentionDays, baseHours })).toBe(days);
  });
});

describe("what needs a hand in the archive", () => {
  const now = new Date("2026-11-25T20:00:00Z");
  const member = { server: "a", bytes: 1, until: "2026-11-25T19:59:58Z", holes: [] };
  const good: Timeline = {
    name: archive.timeline,
    bytes: 3,
    oldest: "2026-11-04T00:00:00Z",
    until: "2026-11-25T19:59:58Z",
    bases: [{ time: "2026-11-24T20:17:00Z", bytes: 1 }],
    members: [member, { ...member, server: "b", holes: ["binlog.000001 has a hole at byte 10"] }],
    drills: [{ time: "2026-11-22T03:43:00Z", good: true, key: "k" }],
  };
  const hands = (difference: Partial<Timeline>) => handsOf([{ ...good, ...difference }], archive, now);

  it("is nothing where all is well", () => {
    expect(hands({})).toEqual([]);
  });

  it.each<[string, Partial<Timeline>, RegExp]>([
    ["another group's archive", { name: "other" }, /^nothing of .* is in the bucket$/],
    ["logs that stopped coming", { until: "2026-11-25T19:50:00Z" }, /^nothing has come since 2026-11-25T19:50:00Z/],
    ["no logs at all", { until: null }, /^nothing has come since ever/],
    ["no base", { bases: [] }, /^there is no base/],
    ["an old base", { bases: [{ time: "2026-11-24T17:00:00Z", bytes: 1 }] }, /^the last base is of/],
    ["holes in all logs", { members: [{ ...member, holes: ["x"] }] }, /^every member's logs have holes/],
    [
      "a drill that failed",
      { drills: [...good.drills, { time: "2026-11-25T03:43:00Z", good: false, key: "k" }] },
      /^the drill of 2026-11-25T03:43:00Z failed: k/,
    ],
    [
      "an old drill",
      { drills: [{ time: "2026-11-17T03:43:00Z", good: true, key: "k" }] },
      /^the last restore was tried on 2026-11-17/,
    ],
    ["no drill", { drills: [] }, /^no restore has ever been tried/],
    [
      "objects that do not expire",
      { oldest: "2026-10-31T00:00:00Z" },
      /^objects are 25 days old, where they expire after 22/,
    ],
  ])("is %s", (_, difference, text) => {
    expect(hands(difference)).toEqual([expect.stringMatching(text)]);
  });

  it("is no drill of an archive that has just begun", () => {
    expect(hands({ drills: [], oldest: "2026-11-24T20:00:00Z" })).toEqual([]);
  });
});
