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
  "8..16/2:00",
  "*-02-29 12:00",
  "12:00 Asia/Kolkata",
  "12:00 Etc/GMT-1",
  "12:00 America/Argentina/Buenos_Aires",
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
  "*:*/5",
  "8,*:00",
  "0/24:00",
  "Fri..Mon 00:00",
  "Mon..Tue..Wed",
  "*-02-30",
  "2027-02-29 12:00",
  "12:00 US/Pacific",
  "12:00 Europe/Kiev",
  "12:00 Europe/BERLIN",
];

const components = [
  "*",
  "5",
  "05",
  "5..7",
  "7..5",
  "5..5",
  "12..12",
  "59",
  "*/2",
  "5/2",
  "5/60",
  "5..7/2",
  "*,5",
  "5,7..9",
];
const weekdays = ["Mon", "tuesday", "Sun", "Fri..Mon", "Mon..Fri", "Sun..Sun", "Mon,Wed..Fri"];
/** Combinations of these components. */
const composed = [
  ...weekdays,
  ...components.flatMap((one) =>
    components.flatMap((other) => [`${one}:${other}`, `*-${one}-${other}`, `2027..2030-${one}-${other} 3:00`]),
  ),
  ...components.map((one) => `${one}-1-1`),
];

describe("a calendar expression", () => {
  it.each(taken)("accepts the calendar expression %s", (text) => expect(calendar.safeParse(text).success).toBe(true));
  it.each(refused)("rejects the calendar expression '%s'", (text) =>
    expect(calendar.safeParse(text).success).toBe(false),
  );

  it.runIf(hasTool("systemd-analyze", "whether systemd accepts the accepted calendar expressions"))(
    "accepts only calendar expressions that systemd accepts",
    () => {
      const all = [...taken, ...composed.filter((text) => calendar.safeParse(text).success)];
      const run = spawnSync("systemd-analyze", ["calendar", ...all], { encoding: "utf8" });
      expect({ status: run.status, errors: run.stderr }).toEqual({ status: 0, errors: "" });
      expect(run.stdout).not.toContain("Next elapse: never");
    },
  );
});
