import type { Config } from "../config/schema.js";

/**
 * Data that three members upload per day at twenty writes per second, in MB, compressed and encrypted. Source: two minutes of the lab's guestbook
 * (`proof/backup`, 2026-11-26). Larger rows need more.
 */
export const shippedMbPerDay = 660;

/** Additional days that objects are kept: time to notice that base backups no longer succeed. */
const spareDays = 7;

/**
 * Number of days for which objects of the archive are locked, and after which they expire. The oldest restore point needs the previous base
 * backup, which can be older by the time between two base backups.
 */
export const objectDays = ({ retentionDays, baseHours }: NonNullable<Config["backup"]>): number =>
  retentionDays + Math.ceil(baseHours / 24) + spareDays;
