import * as z from "zod";
import { bufferPoolChunkMib } from "../buffer-pool.js";
import * as values from "../values/index.js";

export const database = z.strictObject({
  series: z.enum(["8.4", "9.7"]).default("9.7").describe("LTS series of MySQL, installed from MySQL's apt repository."),
  volumeSizeGb: z
    .int()
    .min(10)
    .max(10_240)
    .default(20)
    .describe("Size of each data volume, in GB, 10 to 10240. Volumes can grow but not shrink."),
  groupName: values.groupName.describe(
    "UUID of the replication group. It must not change while the database contains data.",
  ),
  bufferPoolMib: z
    .int()
    .min(bufferPoolChunkMib)
    .optional()
    .describe(
      "Size of the InnoDB buffer pool, in MiB. Default and maximum: the largest pool that fits into the server's remaining memory.",
    ),
  privileges: z
    .enum(["append", "read-write", "schema-owner"])
    .default("read-write")
    .describe(
      'Privileges of the application in its schema. "append": SELECT and INSERT. "read-write": also UPDATE and DELETE. Without `application.migrate`, both include CREATE, ALTER and INDEX. "schema-owner": all privileges, including DROP.',
    ),
});
