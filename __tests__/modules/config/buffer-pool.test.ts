import { expect, it } from "vitest";
import { paths } from "../../../modules/platform/paths.js";
import { mysqlPart } from "../../../modules/machine/parts/mysql/index.js";
import { exampleConfig } from "../../support/config.js";
import { contentOf, partOf } from "../../support/payload-files.js";
import { largestBufferPoolMib } from "../../../modules/config/buffer-pool.js";

it.each([
  [4, true, 1408],
  [4, false, 2048],
  [8, true, 4608],
  [8, false, 5248],
  [16, true, 11264],
  [64, false, 51200],
])("the default buffer pool of a server with %i GiB (role web: %s) has %i MiB", (memoryGib, web, expected) => {
  expect(largestBufferPoolMib({ memoryMib: memoryGib * 1024, ...(web && { applicationMib: 768 }) })).toBe(expected);
});

it("the default buffer pool of MySQL is never smaller than one chunk", () => {
  expect(largestBufferPoolMib({ memoryMib: 1024, applicationMib: 768 })).toBe(128);
});

it.each(["cpx22", "ccx13", "cpx42", "ccx63"])(
  "the default buffer pool size of the server type %s is also accepted as an explicit setting",
  (serverType) => {
    const pool = (bufferPoolMib?: number) =>
      /innodb_buffer_pool_size = (\d+)M/.exec(
        contentOf(
          partOf(mysqlPart, exampleConfig({ serverType, database: { bufferPoolMib } })),
          paths.mysql.configuration,
        ),
      )?.[1];
    const byDefault = Number(pool());
    expect(pool(byDefault)).toBe(`${byDefault}`);
    expect(() => pool(byDefault + 1)).toThrow(`must be at most ${byDefault} MiB`);
  },
);
