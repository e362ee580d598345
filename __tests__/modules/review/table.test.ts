import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { table } from "../../../modules/review/table.js";

describe("a table", () => {
  it("has columns as wide as their widest cells, and no spaces at the ends of lines", () => {
    expect(table([["name", "type"], ["alpha", "cx33"], ["b", ""]])).toBe(" name   type\n alpha  cx33\n b"); // prettier-ignore
  });

  it("wraps its last column at 120 columns, below itself", () => {
    const text = Array.from({ length: 30 }, () => "words").join(" ");
    const lines = table([["setting", text]]).split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe(` setting  ${Array.from({ length: 18 }, () => "words").join(" ")}`);
    expect(lines[1]).toBe(`          ${Array.from({ length: 12 }, () => "words").join(" ")}`);
  });

  it("does not count colours as width", () => {
    const { yellow } = pc.createColors(true);
    expect(table([["name", "x"], [yellow("a"), "y"]])).toBe(` name  x\n ${yellow("a")}     y`); // prettier-ignore
  });

  it("leaves a word whole that is longer than a line", () => {
    expect(table([["a", "w".repeat(130)]])).toBe(` a  ${"w".repeat(130)}`);
  });
});
