import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";
import type { ReviewSection } from "./facts.js";
import type { PolicyResult } from "./policies/index.js";
import type { Review } from "./review.js";
import { costText, euros, serverTable, trafficTable } from "./tables.js";

/** Maximum width of a line in characters, so that the review fits into a terminal and a CI log. */
export const reviewWidth = 120;

type Colors = ReturnType<typeof pc.createColors>;
type Row = readonly string[];

const gap = "  ";

/** Returns the number of visible characters of a text, without terminal escape sequences. */
const widthOf = (text: string): number => stripVTControlCharacters(text).length;

/** Wraps a text at spaces. A line is longer than the maximum width only if it consists of a single longer word. */
function wrapped(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && widthOf(line) + 1 + widthOf(word) <= room) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Returns a table as text. Only the texts of the last column are wrapped. */
function table(columns: readonly string[], rows: readonly Row[], colors: Colors): string {
  const hasHead = columns.some((title) => title !== "");
  const all = hasHead ? [columns.map((title) => colors.dim(title)), ...rows] : rows;
  const widths = columns.slice(0, -1).map((_, index) => Math.max(...all.map((row) => widthOf(row[index] ?? ""))));
  const last = widths.reduce((at, width) => at + width + gap.length, 1);
  return all
    .flatMap((row) => {
      const cells = widths.map((width, index) => {
        const cell = row[index] ?? "";
        return cell + " ".repeat(width - widthOf(cell)) + gap;
      });
      const [first = "", ...more] = wrapped(row.at(-1) ?? "", reviewWidth - last);
      return [` ${cells.join("")}${first}`, ...more.map((line) => " ".repeat(last) + line)];
    })
    .map((line) => line.trimEnd())
    .join("\n");
}

function policyRow(policies: readonly PolicyResult[], colors: Colors): Row {
  const names = (outcome: PolicyResult["outcome"]) =>
    policies.filter((result) => result.outcome === outcome).map((result) => result.policy);
  const parts = [
    `${names("passed").length} passed`,
    ...names("accepted").map((name) => colors.yellow(`${name} accepted by the configuration`)),
    ...names("failed").map((name) => colors.red(`${name} failed`)),
  ];
  return ["Policies", parts.join("; ")];
}

function costRow({ cost }: Review): Row {
  const lines = cost.lines.map(({ what, monthlyEur }) => `${what}: ${euros(monthlyEur)}`).join("; ");
  return ["Hetzner", `${costText(cost)}: ${lines}`];
}

/** Returns the review as text with lines of at most 120 columns. */
export function renderReview(review: Review, options: { readonly color: boolean }): string {
  const colors = pc.createColors(options.color);
  const block = (title: string, body: string): string => `${colors.bold(title)}\n${body}`;
  const section = ({ title, columns, rows }: ReviewSection): string => block(title, table(columns, rows, colors));
  const summary: readonly Row[] = [...review.summary, policyRow(review.policies, colors), costRow(review)];
  const warnings = review.warnings.map(({ setting, text }) => [colors.yellow(setting), text]);
  const blocks = [
    `${colors.bold(`Review of ${review.environment}`)}  ${review.site}`,
    ...[serverTable(review), trafficTable(review), ...review.sections].map(section),
    block("Summary", table(["", ""], summary, colors)),
    warnings.length > 0 ? block(`Warnings: ${warnings.length}`, table(["", ""], warnings, colors)) : "No warnings.",
  ];
  return `${blocks.join("\n\n")}\n`;
}
