import { expect, it } from "vitest";
import { knownMutant, knownMutants, mechanicalMutants } from "../../scripts/mutate/mutants.js";

it("every recorded mutant can still be applied to the source", () => {
  expect(knownMutants().length).toBeGreaterThan(100);
});

it("a recorded mutant is rejected if its text does not occur exactly once", () => {
  expect(() => knownMutant("file", "c", "a", "b")).toThrow("must occur exactly once in file, found 0 times");
  expect(() => knownMutant("file", "aa", "a", "b")).toThrow("must occur exactly once in file, found 2 times");
  expect(knownMutant("file", "ac", "a", "b").text).toBe("bc");
});

const texts = (text: string): readonly string[] => mechanicalMutants("file", text).map((mutant) => mutant.text);

it("the generator of mutants removes lines and options, inverts words and conditions, and changes numbers", () => {
  expect(texts("listen on 8080;\n")).toEqual(["", "listen off 8080;\n", "listen on 80800;\n"]);
  expect(texts("! cp -r --force a b || x")).toEqual([
    "",
    "cp -r --force a b || x",
    "! cp --force a b || x",
    "! cp -r a b || x",
    "! cp -r --force a b && x",
  ]);
  expect(texts("  if [ -z $a ]; then\n")).toEqual(["  if [ -n $a ]; then\n"]);
});

it("the generator of mutants skips comments, template lines, and lines that only open or close blocks", () => {
  expect(texts("# on\n{{#if on}}\n\n}\nfi\n  done\nfirst {\n")).toEqual([]);
});
