import type { Config } from "../config/schema.js";

/**
 * Data in MB that three members upload per day at twenty writes per second, compressed and encrypted. The number was
 * measured in two minutes of the lab's guestbook (`proof/backup`, 2026-11-26). Larger rows need more space.
 */
export const shippedMbPerDay = 660;

/** Additional number of days that objects are kept. Within this time, operators can notice that base backups fail. */
const spareDays = 7;

/**
 * Returns the number of days for which objects of the archive are locked. Objects expire after the same time. A restore
 * to the oldest time starts from the base backup before this time, so objects are kept longer by the interval between
 * two base backups.
 */
export const objectDays = ({ retentionDays, baseHours }: NonNullable<Config["backup"]>): number =>
  retentionDays + Math.ceil(baseHours / 24) + spareDays;
