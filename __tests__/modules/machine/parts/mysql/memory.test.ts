import { describe, expect, it } from "vitest";
import { bufferPoolMib } from "../../../../../modules/machine/parts/mysql/memory.js";

describe("the buffer pool", () => {
  it.each([
    [4, true, 1408],
    [4, false, 2048],
    [8, true, 4608],
    [8, false, 5248],
    [16, true, 11264],
    [64, false, 51200],
  ])("of a server with %i GiB (web: %s) is %i MiB", (memoryGib, web, expected) => {
    expect(bufferPoolMib({ memoryMib: memoryGib * 1024, web })).toBe(expected);
  });

  it("is never smaller than one chunk", () => {
    expect(bufferPoolMib({ memoryMib: 1024, web: true })).toBe(128);
  });
});
