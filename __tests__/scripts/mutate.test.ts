import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lineChanges } from "../../scripts/mutate/line-changes.js";
import { changed, changeOf } from "../../scripts/mutate/mutation.js";
import { knownMutations } from "../../scripts/mutate/known-mistakes/index.js";

describe("mutations of payload files", () => {
  it.each(knownMutations.map((mutation) => [`${mutation.file}: ${mutation.from}`, mutation] as const))(
    "can still be made: %s",
    (_, mutation) => {
      const text = readFileSync(new URL(`../../${mutation.file}`, import.meta.url), "utf8");
      expect(changed(text, [changeOf(text, mutation)])).not.toBe(text);
    },
  );

  it("refuse a text that is not there, or not once", () => {
    const mutation = { file: "file", from: "a", to: "b", harm: "" };
    expect(() => changeOf("c", mutation)).toThrow("must stand once in file, found 0 times");
    expect(() => changeOf("aa", mutation)).toThrow("must stand once in file, found 2 times");
    expect(changed("ac", [changeOf("ac", mutation)])).toBe("bc");
  });

  it("are made together where each has a place of its own", () => {
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

  it("leave it out, and turn a word, a number or a test round, or an option away", () => {
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

  it("pass by comments, templates' own lines, and what only holds others together", () => {
    expect(wrongOnes("# on\n{{#if on}}\n\n}\nfi\n  done\nfirst {\n")).toEqual([]);
  });
});
