import { describe, expect, it } from "vitest";
import { objectDays } from "../../../modules/derived/archive.js";
import { archiveOf } from "../../../ops/archive/archive.js";
import { handsOf, type Timeline } from "../../../ops/commands/backups.js";
import { exampleBackup, exampleConfig } from "../../support/config.js";

const archive = archiveOf(exampleConfig({ backup: exampleBackup }));

it.each([
  [14, 24, 22],
  [14, 30, 23],
  [1, 1, 9],
])(
  "with a retention of %i days and a base backup every %i hours, backup objects are stored for %i days",
  (retentionDays, baseHours, days) => {
    expect(objectDays({ ...archive.backup, retentionDays, baseHours })).toBe(days);
  },
);

describe("the problems of an archive", () => {
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

  it("npm run ops backups reports no problem if the backup archive is healthy", () => {
    expect(hands({})).toEqual([]);
  });

  it.each<[string, Partial<Timeline>, RegExp]>([
    [
      "a bucket that lacks the backups of this environment",
      { name: "other" },
      /^the bucket contains nothing of timeline .*$/,
    ],
    [
      "binary logs that stopped arriving",
      { until: "2026-11-25T19:50:00Z" },
      /^no data has been uploaded since 2026-11-25T19:50:00Z/,
    ],
    ["an archive without binary logs", { until: null }, /^no data has been uploaded since the beginning/],
    ["an archive without a base backup", { bases: [] }, /^no base backup exists/],
    [
      "an outdated base backup",
      { bases: [{ come: "2026-11-24T17:00:00Z", member: "a" }] },
      /^the last base backup was uploaded at/,
    ],
    ["transactions that no member has shipped", { missing: "u:5" }, /^no member has uploaded u:5, although later/],
    [
      "a failed restore drill",
      { drills: [...good.drills, { time: "2026-11-25T03:43:00Z", good: false, key: "k" }] },
      /^the drill of 2026-11-25T03:43:00Z failed: k/,
    ],
    [
      "an outdated restore drill",
      { drills: [{ time: "2026-11-17T03:43:00Z", good: true, key: "k" }] },
      /^the last successful restore drill ran at 2026-11-17/,
    ],
    ["a missing restore drill", { drills: [] }, /^no restore drill has ever run/],
    [
      "objects older than their lifetime",
      { oldest: "2026-10-31T00:00:00Z" },
      /^objects are 25 days old, but should expire after 22/,
    ],
  ])("npm run ops backups reports %s", (_, difference, text) => {
    expect(hands(difference)).toEqual([expect.stringMatching(text)]);
  });

  it("npm run ops backups reports no problem if logs, base backups, restore drills and deletions are only slightly late", () => {
    for (const difference of [
      // The logs end two minutes ago. The base backup is 26 hours old. The last drill was eight days ago. The oldest object should have
      // expired three days ago.
      { until: "2026-11-25T19:58:00Z" },
      { bases: [{ come: "2026-11-24T18:00:00Z", member: "a" }] },
      { drills: [{ time: "2026-11-17T20:00:00Z", good: true, key: "k" }] },
      { oldest: "2026-10-31T20:00:00Z" },
      // A failed drill is ignored if a later drill succeeded.
      { drills: [{ time: "2026-11-21T03:43:00Z", good: false, key: "k" }, ...good.drills] },
      { drills: [{ time: "2026-11-01T03:43:00Z", good: true, key: "k" }, ...good.drills] },
    ])
      expect(hands(difference), JSON.stringify(difference)).toEqual([]);
  });

  it("npm run ops backups reports no missing restore drill if the backup archive is new", () => {
    expect(hands({ drills: [], oldest: "2026-11-24T20:00:00Z" })).toEqual([]);
  });
});
