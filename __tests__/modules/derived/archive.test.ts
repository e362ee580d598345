import { expect, it } from "vitest";
import { objectDays } from "../../../modules/derived/archive.js";
import { exampleBackup, exampleConfig } from "../../support/config.js";

const objectDaysOf = (retentionDays: number, baseHours: number): number => {
  const { backup } = exampleConfig({ backup: { ...exampleBackup, retentionDays, baseHours } });
  return backup === undefined ? NaN : objectDays(backup);
};

it("objects of the backup are kept for the retention, plus the time between two base backups in whole days, plus a week", () => {
  expect(objectDaysOf(14, 24)).toBe(22);
  expect(objectDaysOf(14, 25)).toBe(23);
  expect(objectDaysOf(14, 6)).toBe(22);
});
