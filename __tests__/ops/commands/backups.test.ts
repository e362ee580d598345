import { describe, expect, it } from "vitest";
import { objectDays } from "../../../modules/config/archive.js";
import { archiveOf } from "../../../ops/archive/archive.js";
import { handsOf, type Timeline } from "../../../ops/commands/backups.js";
import { exampleBackup, exampleConfig } from "../../support/config.js";

const archive = archiveOf(exampleConfig({ backup: exampleBackup }));

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
  const member = { server: "a", bytes: 1, until: "2026-11-25T19:59:58Z", logs: 1, complete: 0 };
  const good: Timeline = {
    name: archive.timeline,
    oldest: "2026-11-04T00:00:00Z",
    until: "2026-11-25T19:59:58Z",
    bases: [{ come: "2026-11-24T20:17:00Z", member: "a" }],
    branches: [],
    missing: "",
    members: [member, { ...member, server: "b" }],
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
    ["no base", { bases: [] }, /^there is no base backup/],
    ["an old base", { bases: [{ come: "2026-11-24T17:00:00Z", member: "a" }] }, /^the last base backup is of/],
    ["transactions that no member has shipped", { missing: "u:5" }, /^no member has shipped u:5, although later/],
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

  it("begins a little after what is usual", () => {
    for (const difference of [
      // Two minutes; two hours more than a day; eight days; three days more than objects are kept.
      { until: "2026-11-25T19:58:00Z" },
      { bases: [{ come: "2026-11-24T18:00:00Z", member: "a" }] },
      { drills: [{ time: "2026-11-17T20:00:00Z", good: true, key: "k" }] },
      { oldest: "2026-10-31T20:00:00Z" },
      // What failed before the last good one is of no interest.
      { drills: [{ time: "2026-11-21T03:43:00Z", good: false, key: "k" }, ...good.drills] },
      { drills: [{ time: "2026-11-01T03:43:00Z", good: true, key: "k" }, ...good.drills] },
    ])
      expect(hands(difference), JSON.stringify(difference)).toEqual([]);
  });

  it("is no drill of an archive that has just begun", () => {
    expect(hands({ drills: [], oldest: "2026-11-24T20:00:00Z" })).toEqual([]);
  });
});
