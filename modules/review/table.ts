// LEAD: see NOTE-FROM-LEAD-TO-PERF.md at the top level: this file must go, cli-table3 stays.
import { stripVTControlCharacters } from "node:util";

/** Widest line, so that the review fits a terminal and a CI log. */
export const reviewWidth = 120;

export type Row = readonly string[];

/** Between columns, and at either side. */
const gap = "  ";
const margin = " ";

/** Columns a text takes on a terminal: colours take none. */
const widthOf = (text: string): number => stripVTControlCharacters(text).length;

const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)));

/** Lines of at most so many columns. A word that is longer stands alone, and is not cut. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Rows below one another, each column as wide as its widest cell; the last one wraps. */
export function table(rows: readonly Row[]): string {
  const widths = (rows[0] ?? [])
    .slice(0, -1)
    .map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ""))));
  const indent = margin.length + widths.reduce((total, width) => total + width + gap.length, 0);
  const lines = rows.flatMap((row) => {
    const cells = widths.map((width, column) => pad(row[column] ?? "", width) + gap).join("");
    return wrap(row.at(-1) ?? "", reviewWidth - indent - margin.length).map(
      (line, index) => (index === 0 ? margin + cells : " ".repeat(indent)) + line,
    );
  });
  return lines.map((line) => line.trimEnd()).join("\n");
}
