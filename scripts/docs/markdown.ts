import { format, resolveConfig } from "prettier";

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** Returns a Markdown table. */
export const markdownTable = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [columns, columns.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

/** Returns the text of a generated page, formatted like all other files of the repository. */
export async function markdownPage(blocks: readonly string[]): Promise<string> {
  const options = await resolveConfig(new URL("../../README.md", import.meta.url));
  return format(blocks.join("\n\n"), { ...options, parser: "markdown" });
}
