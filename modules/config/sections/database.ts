import * as z from "zod";
import { bufferPoolChunkMib } from "../buffer-pool.js";
import * as values from "../values/index.js";

export const database = z.strictObject({
  series: z.enum(["8.4", "9.7"]).default("9.7").describe("LTS series of MySQL's apt repository."),
  volumeSizeGb: z
    .int()
    .min(10)
    .max(10_240)
    .default(20)
    .describe("Size of each data volume, in GB, 10 to 10240. Volumes can grow and never shrink."),
  groupName: values.groupName.describe("Identity of the replication group, a UUID. Never changes while data exists."),
  bufferPoolMib: z
    .int()
    .min(bufferPoolChunkMib)
    .optional()
    .describe("InnoDB buffer pool, in MiB. Default, and limit: what a server's memory holds beside everything else."),
  privileges: z
    .enum(["append", "read-write", "schema-owner"])
    .default("read-write")
    .describe(
      'What the application may do in its schema. "append": SELECT and INSERT. "read-write": UPDATE and DELETE too. Without `application.migrate` both also CREATE, ALTER and INDEX. "schema-owner": everything, such as DROP.',
    ),
});
