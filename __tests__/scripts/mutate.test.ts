import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lineChanges } from "../../scripts/mutate/line-changes.js";
import { changed, changeOf } from "../../scripts/mutate/mutation.js";
import { knownMutations } from "../../scripts/mutate/known-mistakes/index.js";

describe("mutations of payload files", () => {
  it.each(knownMutations.map((mutation) => [`${mutation.file}: ${mutation.from}`, mutation] as const))(
    "the known mutant still applies: %s",
    (_, mutation) => {
      const text = readFileSync(new URL(`../../${mutation.file}`, import.meta.url), "utf8");
      expect(changed(text, [changeOf(text, mutation)])).not.toBe(text);
    },
  );

  it("rejects a known mutant whose text does not occur exactly once", () => {
    const mutation = { file: "file", from: "a", to: "b", harm: "" };
    expect(() => changeOf("c", mutation)).toThrow("must occur exactly once in file, found 0 times");
    expect(() => changeOf("aa", mutation)).toThrow("must occur exactly once in file, found 2 times");
    expect(changed("ac", [changeOf("ac", mutation)])).toBe("bc");
  });

  it("combines mutants only if they do not overlap", () => {
    const [first, second] = [
      changeOf("abcd", { file: "file", from: "ab", to: "x", harm: "" }),
      changeOf("abcd", { file: "file", from: "d", to: "", harm: "" }),
    ];
    expect(changed("abcd", [first, second])).toBe("xc");
    expect(changed("abcd", [second, { ...first, from: "abcd" }])).toBeUndefined();
  });
});

describe("mechanical mistakes in a line", () => {
  const wrongOnes = (text: string): readonly (string | undefined)[] =>
    lineChanges("file", text).map((change) => changed(text, [change]));

  it("removes a line, inverts words and tests, changes numbers and removes options", () => {
    expect(wrongOnes("listen on 8080;\n")).toEqual(["", "listen off 8080;\n", "listen on 80800;\n"]);
    expect(wrongOnes("! cp -r --force a b || x")).toEqual([
      "",
      "cp -r --force a b || x",
      "! cp --force a b || x",
      "! cp -r a b || x",
      "! cp -r --force a b && x",
    ]);
    expect(wrongOnes("  if [ -z $a ]; then\n")).toEqual(["  if [ -n $a ]; then\n"]);
  });

  it("skips comments, template lines, and lines that only open or close blocks", () => {
    expect(wrongOnes("# on\n{{#if on}}\n\n}\nfi\n  done\nfirst {\n")).toEqual([]);
  });
});
