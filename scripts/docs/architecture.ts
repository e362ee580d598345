import { readFileSync } from "node:fs";
import folders from "../folders.json" with { type: "json" };
import { markdownPage, markdownTable } from "./markdown.js";

const page = new URL("../../docs/architecture.md", import.meta.url);
const begin = "<!-- Generated from scripts/folders.json by `npm run docs`; `npm run check` enforces it. -->";
const end = "<!-- End of the generated table. -->";

const code = (text: string): string => `\`${text}\``;

const table = (): string =>
  markdownTable(
    ["Folder", "Contents"],
    folders.map(({ folder, holds }) => [code(`${folder}/`), holds]),
  );

/** docs/architecture.md, with the table of folders from the import rules. */
export function architecturePage(): Promise<string> {
  const text = readFileSync(page, "utf8");
  const [before, after] = [text.split(begin)[0] ?? "", text.split(end)[1] ?? ""];
  return markdownPage([before.trimEnd(), begin, table(), end, after.trim()]);
}
