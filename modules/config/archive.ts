import type { Config } from "./schema.js";

/**
 * What three members ship in a day at twenty writes a second, in MB, compressed and encrypted. Source: two minutes of the lab's guestbook
 * (`proof/backup`, 2026-11-26); greater rows ship more.
 */
export const shippedMbPerDay = 660;

/** Objects outlive what they are kept for by so many days: time to notice that no base is made any more. */
const spareDays = 7;

/**
 * How long objects of the archive are locked, and after which they expire, in days. A moment at the end of the retention needs the base before
 * it, which can be older by the time between two bases.
 */
export const objectDays = ({ retentionDays, baseHours }: NonNullable<Config["backup"]>): number =>
  retentionDays + Math.ceil(baseHours / 24) + spareDays;
