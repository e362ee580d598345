import * as z from "zod";
import * as values from "../values/index.js";

/** A file for each is more than anybody keeps in a safe; each makes every piece of the archive 200 bytes larger. */
const mostRecipients = 10;

export const backup = z.strictObject({
  endpoint: values.archiveUrl.describe('Of the object storage, for example "https://fsn1.your-objectstorage.com".'),
  region: values.region.describe('Region of the bucket, for example "fsn1".'),
  bucket: values.bucketName.describe(
    "Bucket of the archive, in a project of its own: a key of Hetzner's opens all buckets of a project.",
  ),
  recipients: values
    .distinct(values.ageRecipient, mostRecipients)
    .min(2)
    .describe(
      "Public keys of age, two at least: whoever has one of the private keys can read the archive, and nobody else, the servers included.",
    ),
  baseHours: z
    .int()
    .min(1)
    .max(168)
    .default(24)
    .describe(
      "Time between two copies of all data, in hours, 1 to 168. A restore replays what was written since the last one.",
    ),
  retentionDays: z
    .int()
    .min(1)
    .max(365)
    .default(14)
    .describe(
      "How far back a restore can go, in days, 1 to 365. Objects live for this, the time between two copies, and a week.",
    ),
  lock: z
    .enum(["compliance", "governance"])
    .default("compliance")
    .describe(
      'How objects are locked for as long as they live. "compliance": nobody can delete them, and they are paid for until then. "governance": the owner of the bucket can.',
    ),
});

const mostExcluded = 50;

export const restore = z.strictObject({
  timeline: values.groupName.describe("`database.groupName` that the data was written under."),
  at: values.restoreMoment.describe('A time in UTC, "latest", or "before GTID".'),
  excludeServers: values
    .distinct(values.serverName, mostExcluded)
    .default([])
    .describe("Servers whose part of the archive is not used, for example because an intruder had taken one over."),
  excludeLogs: values
    .distinct(values.archivedLog, mostExcluded)
    .default([])
    .describe('Logs that are not used, as a restore names them: "alpha/000012-0123456789abcdef".'),
  uploadedBefore: values.restoreTime
    .optional()
    .describe("Only objects that reached the bucket before this time are used, by the bucket's own clock."),
  branch: values.branch
    .optional()
    .describe("Branch of the history to follow. Default: the branch that was current at the time."),
  startJobs: z
    .boolean()
    .default(false)
    .describe(
      "Whether MySQL events, workers and schedules run while `restore` is set. Default: they start once `restore` is removed, so a copy sends and charges nothing.",
    ),
});
