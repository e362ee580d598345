import { Lazy } from "cdktf";
import { describe, expect, it } from "vitest";

describe("stacks", () => {
  it("are not taken for cdktf's tokens", () => {
    expect(Lazy.anyValue({ produce: () => 1 }).creationStack).toEqual([]);
  });

  it("of errors stay", () => {
    const target: { stack?: string } = {};
    Error.captureStackTrace(target);
    expect(target.stack).toContain("token-stacks.test.ts");
    expect(new Error("broken").stack).toContain("token-stacks.test.ts");
  });
});
