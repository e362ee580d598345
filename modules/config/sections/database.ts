import * as z from "zod";
import { bufferPoolChunkMib } from "../buffer-pool.js";
import * as values from "../values/index.js";

export const database = z.strictObject({
  /** Long-term support series of MySQL. Default: "9.7". */
  series: z.enum(["8.4", "9.7"]).default("9.7"),
  /** Size of each data volume, in GB, 10 to 10240. Volumes can grow but not shrink. Default: 20. */
  volumeSizeGb: z.int().min(10).max(10_240).default(20),
  /** UUID of the MySQL replication group. Do not change the UUID while the database contains data. */
  groupName: values.groupName,
  /** Size of the InnoDB buffer pool, in MiB. Default and maximum: the largest pool that fits into the server's remaining memory. */
  bufferPoolMib: z.int().min(bufferPoolChunkMib).optional(),
  /** Privileges of the application in its schema. "append": SELECT and INSERT. "read-write": also UPDATE and DELETE. Without `application.migrate`, "append" and "read-write" include CREATE, ALTER and INDEX. "schema-owner": all privileges. Default: "read-write". */
  privileges: z.enum(["append", "read-write", "schema-owner"]).default("read-write"),
});
