import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { calendar } from "../../../modules/config/values/calendar.js";
import { hasTool } from "../../support/tools.js";

const taken = [
  "daily",
  "hourly",
  "minutely",
  "weekly",
  "*:0/5",
  "03:15",
  "3:5:7",
  "*-*-* 03:15:00",
  "*-*-01 00:00",
  "12-24 18:00",
  "2027-02-28 12:00",
  "Mon..Fri 06:00 Europe/Berlin",
  "Sat,Sun *:30",
  "mon 1,12:00/15",
  "Mon..Wed,Fri *-1..3-* 8..17:00 UTC",
  "Mon",
  "*-*-*",
];
const refused = [
  "",
  "every day",
  "0 3 * * *",
  "25:00",
  "03:60",
  "*-13-01",
  "*-*-32",
  "5..3:00",
  "*:0/0",
  "*:*:*",
  "*:*:0/5",
  "secondly",
  "03:15 Mon",
  "Europe/Berlin",
  "03:15 Europe/Berlim",
  "Mon Tue 03:15",
  "03:15:00.5",
  "daily 03:15",
];

describe("a calendar expression", () => {
  it.each(taken)("%s is taken", (text) => expect(calendar.safeParse(text).success).toBe(true));
  it.each(refused)("%s is refused", (text) => expect(calendar.safeParse(text).success).toBe(false));

  it.runIf(hasTool("systemd-analyze", "whether systemd reads the times that are taken"))("is one of systemd's", () => {
    const run = spawnSync("systemd-analyze", ["calendar", ...taken], { encoding: "utf8" });
    expect({ status: run.status, errors: run.stderr }).toEqual({ status: 0, errors: "" });
  });
});
