import { expect, it } from "vitest";
import { knownMutant, knownMutants, mechanicalMutants } from "../../scripts/mutate/mutants.js";

it("every known mutant still applies", () => {
  expect(knownMutants().length).toBeGreaterThan(100);
});

it("rejects a known mutant whose text does not occur exactly once", () => {
  expect(() => knownMutant("file", "c", "a", "b")).toThrow("must occur exactly once in file, found 0 times");
  expect(() => knownMutant("file", "aa", "a", "b")).toThrow("must occur exactly once in file, found 2 times");
  expect(knownMutant("file", "ac", "a", "b").text).toBe("bc");
});

const texts = (text: string): readonly string[] => mechanicalMutants("file", text).map((mutant) => mutant.text);

it("removes a line, inverts words and tests, changes numbers and removes options", () => {
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

it("skips comments, template lines, and lines that only open or close blocks", () => {
  expect(texts("# on\n{{#if on}}\n\n}\nfi\n  done\nfirst {\n")).toEqual([]);
});
