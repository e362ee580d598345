import { refused } from "./refused.js";

refused("the database", [
  [{ database: { volumeSizeGb: 5 } }, "database.volumeSizeGb: must be 10 or more, got 5; raise it to 10"],
  [
    { database: { volumeSizeGb: 20_000 } },
    "database.volumeSizeGb: must be 10240 or less, got 20000; lower it to 10240",
  ],
  [
    { database: { groupName: "group-1" } },
    'database.groupName: must be a UUID, got "group-1"; create one with `uuidgen`',
  ],
  [
    { database: { groupName: "00000000-0000-0000-0000-000000000000" } },
    'database.groupName: must be a unique UUID, got "00000000-0000-0000-0000-000000000000"; create one with `uuidgen`',
  ],
  [
    { database: { groupName: "5F0C8A0E-6f0b-4f4e-9d57-2c1f7f3f9b10" } },
    'database.groupName: must be in lower case, got "5F0C8A0E-6f0b-4f4e-9d57-2c1f7f3f9b10"; write it as 5f0c8a0e-6f0b-4f4e-9d57-2c1f7f3f9b10',
  ],
  [{ database: { series: "8.0" } }, 'database.series: must be one of "8.4", "9.7", got "8.0"; did you mean 8.4?'],
  [
    { database: { bufferPoolMib: 6000 } },
    "database.bufferPoolMib: must be at most 1408 MiB, the largest pool that fits into the memory of alpha, got 6000; lower it, remove it, or choose a larger server type",
  ],
  [
    { database: { privileges: "read_write" } },
    'database.privileges: must be one of "append", "read-write", "schema-owner", got "read_write"; did you mean read-write?',
  ],
]);
