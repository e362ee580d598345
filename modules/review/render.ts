import Table from "cli-table3";
import pc from "picocolors";
import type { ReviewSection } from "./facts.js";
import type { PolicyResult } from "./policies/index.js";
import type { Review } from "./review.js";
import { costText, euros, serverTable, trafficTable } from "./tables.js";

/** Widest line, so that the review fits a terminal and a CI log. */
export const reviewWidth = 120;

type Colors = ReturnType<typeof pc.createColors>;
type Row = readonly string[];

const noBorders = {
  "top": "", "top-mid": "", "top-left": "", "top-right": "",
  "bottom": "", "bottom-mid": "", "bottom-left": "", "bottom-right": "",
  "left": " ", "left-mid": "", "mid": "", "mid-mid": "", "right": "", "right-mid": "", "middle": "  ",
}; // prettier-ignore

/** Room for a table's last column, which wraps. */
function lastColumn(columns: readonly string[], rows: readonly Row[]): number {
  const widths = columns
    .slice(0, -1)
    .map((title, index) => Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const margins = 2 * columns.length;
  return reviewWidth - margins - widths.reduce((total, width) => total + width, 0);
}

function table(columns: readonly string[], rows: readonly Row[], colors: Colors): string {
  const room = lastColumn(columns, rows);
  const grid = new Table({
    // Without a head, cli-table3 leaves no line for it.
    head: columns.some((title) => title !== "") ? columns.map((title) => colors.dim(title)) : [],
    chars: noBorders,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colWidths: [...columns.slice(0, -1).map(() => null), room],
    wordWrap: true,
  });
  grid.push(...rows.map((row) => [...row]));
  return grid
    .toString()
    .split("\n")
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

/** The review as text of at most 120 columns. */
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
    warnings.length > 0
      ? block(`Warnings: ${warnings.length}`, table(["setting", ""], warnings, colors))
      : "No warnings.",
  ];
  return `${blocks.join("\n\n")}\n`;
}
