import { describe, expect, it } from "vitest";
import { objectDays } from "../../../modules/derived/archive.js";
import { exampleBackup, exampleConfig } from "../../support/config.js";

const objectDaysOf = (retentionDays: number, baseHours: number): number => {
  const { backup } = exampleConfig({ backup: { ...exampleBackup, retentionDays, baseHours } });
  return backup === undefined ? NaN : objectDays(backup);
};

describe("an object of the archive", () => {
  it("an object of the archive outlives the retention by the time between two base backups, rounded up to days, plus a week", () => {
    expect(objectDaysOf(14, 24)).toBe(22);
    expect(objectDaysOf(14, 25)).toBe(23);
    expect(objectDaysOf(14, 6)).toBe(22);
  });
});
