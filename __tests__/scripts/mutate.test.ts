import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mutated } from "../../scripts/mutate/mutation.js";
import { payloadMutations } from "../../scripts/mutate/payload-mutations.js";

describe("mutations of payload files", () => {
  it.each(payloadMutations.map((mutation) => [`${mutation.file}: ${mutation.from}`, mutation] as const))(
    "can still be made: %s",
    (_, mutation) => {
      const text = readFileSync(new URL(`../../${mutation.file}`, import.meta.url), "utf8");
      expect(mutated(text, mutation)).not.toBe(text);
    },
  );

  it("refuse a text that is not there, or not once", () => {
    const mutation = { file: "file", from: "a", to: "b", harm: "" };
    expect(() => mutated("c", mutation)).toThrow("must stand once in file, found 0 times");
    expect(() => mutated("aa", mutation)).toThrow("must stand once in file, found 2 times");
    expect(mutated("ac", mutation)).toBe("bc");
  });
});
