import { expect, it } from "vitest";
import { calendar } from "../../../modules/config/values/calendar.js";
import { hasTool } from "../../support/tools.js";

const isAccepted = (text: string): boolean => calendar.safeParse(text).success;

it.each([
  "daily",
  "*:0/5",
  "03:15",
  "3:5:7",
  "*-*-* 03:15:00",
  "12-24 18:00",
  "mon 1,12:00/15",
  "Mon..Wed,Fri *-1..3-* 8..17:00 UTC",
  "Mon",
  "*-*-*",
  "*-02-29 12:00",
  "12:00 Etc/GMT-1",
  "12:00 America/Argentina/Buenos_Aires",
])("the schedule check accepts the calendar expression %s", (text) => expect(isAccepted(text)).toBe(true));

it.each([
  "",
  "every day",
  "0 3 * * *",
  "*:*:*",
  "*:*:0/5",
  "secondly",
  "03:15 Mon",
  "Europe/Berlin",
  "Mon Tue 03:15",
  "03:15:00.5",
  "daily 03:15",
  "*:*/5",
  "Mon..Tue..Wed",
  "12:00 US/Pacific",
])("the schedule check rejects the calendar expression '%s'", (text) => expect(isAccepted(text)).toBe(false));

it
  .runIf(hasTool("systemd-analyze", "that calendar expressions without a run are rejected"))
  .each([
    "25:00",
    "03:60",
    "*-13-01",
    "5..3:00",
    "0/24:00",
    "Fri..Mon 00:00",
    "*-02-30",
    "2020-01-01 12:00",
    "03:15 Europe/Berlim",
  ])("rejects %s, which systemd rejects or never runs", (text) => expect(isAccepted(text)).toBe(false));
