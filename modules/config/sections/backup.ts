import * as z from "zod";
import * as values from "../values/index.js";

/** Maximum number of recipients. Each recipient makes every file of the archive 200 bytes larger. */
const mostRecipients = 10;

export const backup = z.strictObject({
  /** URL of the object storage, for example "https://fsn1.your-objectstorage.com". */
  endpoint: values.archiveUrl,
  /** Region of the bucket, for example "fsn1". */
  region: values.region,
  /** Bucket of the archive, in a separate Hetzner project. */
  bucket: values.bucketName,
  /** Public keys of the program age, 2 to 10. Only owners of a matching private key can read the archive. */
  recipients: values.distinct(values.ageRecipient, mostRecipients).min(2),
  /** Time between two base backups, in hours, 1 to 168. A restore replays all transactions since the last base backup. Default: 24. */
  baseHours: z.int().min(1).max(168).default(24),
  /** Age of the oldest time that can be restored, in days, 1 to 365. The bucket keeps objects for this period plus `baseHours` plus one week. Default: 14. */
  retentionDays: z.int().min(1).max(365).default(14),
  /** Protection of the archive's objects until they expire. "compliance": no account can delete objects. "governance": the owner of the bucket can delete objects. Default: "compliance". */
  lock: z.enum(["compliance", "governance"]).default("compliance"),
});

const mostExcluded = 50;

export const restore = z.strictObject({
  /** `database.groupName` of the environment that wrote the data. */
  timeline: values.groupName,
  /** Point to restore to: a time in UTC, "latest", or "before GTID" to stop before the transaction with this GTID. */
  at: values.restoreMoment,
  /** Servers whose uploads the restore ignores, for example because an intruder controlled one of them. */
  excludeServers: values.distinct(values.serverName, mostExcluded).default([]),
  /** Parts of a log that the restore ignores, with their names as printed by a refused restore: "alpha/000012-0123456789abcdef". */
  excludeLogs: values.distinct(values.archivedLog, mostExcluded).default([]),
  /** The restore uses only objects that were uploaded before this time, according to the bucket's clock. */
  uploadedBefore: values.restoreTime.optional(),
  /** [Branch](backup.md#backup-and-restore) of the archive to restore. Default: the branch that was current at the restore point. */
  branch: values.branch.optional(),
  /** Whether MySQL events, workers and schedules run while `restore` is set. Default: false. */
  startJobs: z.boolean().default(false),
});
