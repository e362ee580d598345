import { format, resolveConfig } from "prettier";

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** A Markdown table. */
export const markdownTable = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [columns, columns.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

/** Text of a generated page, formatted as the rest of the repository. */
export async function markdownPage(blocks: readonly string[]): Promise<string> {
  const options = await resolveConfig(new URL("../../README.md", import.meta.url));
  return format(blocks.join("\n\n"), { ...options, parser: "markdown" });
}
