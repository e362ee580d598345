import { describe, expect, it } from "vitest";
import { linesOf, type Mistake } from "../mistake.js";

/** Tests that each mistake in the example is rejected with exactly one line, the given one. */
export const refused = (topic: string, cases: readonly (readonly [mistake: Mistake, line: string])[]): void => {
  describe(topic, () => {
    it.each(cases.map(([mistake, line]) => ({ mistake, line })))("reports $line", ({ mistake, line }) => {
      expect(linesOf(mistake)).toEqual([line]);
    });
  });
};
