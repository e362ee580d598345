import { Lazy } from "cdktf";
import { describe, expect, it } from "vitest";

describe("stacks", () => {
  it("cdktf's tokens have no call stacks", () => {
    expect(Lazy.anyValue({ produce: () => 1 }).creationStack).toEqual([]);
  });

  it("errors keep their call stacks", () => {
    const target: { stack?: string } = {};
    Error.captureStackTrace(target);
    expect(target.stack).toContain("token-stacks.test.ts");
    expect(new Error("broken").stack).toContain("token-stacks.test.ts");
  });
});
