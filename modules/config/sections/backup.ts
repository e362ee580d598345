import * as z from "zod";
import * as values from "../values/index.js";

/** Maximum recipients. Each recipient makes every file of the archive 200 bytes larger. */
const mostRecipients = 10;

export const backup = z.strictObject({
  endpoint: values.archiveUrl.describe('URL of the object storage, for example "https://fsn1.your-objectstorage.com".'),
  region: values.region.describe('Region of the bucket, for example "fsn1".'),
  bucket: values.bucketName.describe(
    "Bucket of the archive. Create it in a separate Hetzner project, because a Hetzner key gives access to all buckets of its project.",
  ),
  recipients: values
    .distinct(values.ageRecipient, mostRecipients)
    .min(2)
    .describe(
      "Public keys of age, 2 to 10. Only holders of a matching private key can read the archive; the servers cannot.",
    ),
  baseHours: z
    .int()
    .min(1)
    .max(168)
    .default(24)
    .describe(
      "Time between two base backups, in hours, 1 to 168. A restore replays all transactions since the last base backup.",
    ),
  retentionDays: z
    .int()
    .min(1)
    .max(365)
    .default(14)
    .describe(
      "How far back a restore can go, in days, 1 to 365. The bucket keeps objects for this period plus `baseHours` plus one week.",
    ),
  lock: z
    .enum(["compliance", "governance"])
    .default("compliance")
    .describe(
      'Lock of the objects until they expire. "compliance": no account can delete them earlier, and their storage is billed until then. "governance": the owner of the bucket can delete them.',
    ),
});

const mostExcluded = 50;

export const restore = z.strictObject({
  timeline: values.groupName.describe("`database.groupName` of the group that wrote the data."),
  at: values.restoreMoment.describe(
    'Point to restore to: a time in UTC, "latest", or "before GTID" to stop before a transaction.',
  ),
  excludeServers: values
    .distinct(values.serverName, mostExcluded)
    .default([])
    .describe("Servers whose uploads the restore ignores, for example because an intruder controlled one of them."),
  excludeLogs: values
    .distinct(values.archivedLog, mostExcluded)
    .default([])
    .describe('Log segments that the restore ignores, as a restore prints them: "alpha/000012-0123456789abcdef".'),
  uploadedBefore: values.restoreTime
    .optional()
    .describe("The restore uses only objects that were uploaded before this time, according to the bucket's clock."),
  branch: values.branch
    .optional()
    .describe("Branch of the history to restore. Default: the branch that was current at the restore point."),
  startJobs: z
    .boolean()
    .default(false)
    .describe(
      "Whether MySQL events, workers and schedules run while `restore` is set. By default they start once `restore` is removed, so that a restored copy sends and charges nothing.",
    ),
});
