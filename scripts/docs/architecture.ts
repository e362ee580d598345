import { readFileSync } from "node:fs";
import folders from "../folders.json" with { type: "json" };
import { markdownPage } from "./markdown.js";

const page = new URL("../../docs/architecture.md", import.meta.url);
const begin = "<!-- Generated from scripts/folders.json by `npm run docs`; `npm run check` enforces it. -->";
const end = "<!-- End of the generated list. -->";

const list = (): string => folders.map(({ folder, holds }) => `- \`${folder}/\`: ${holds}`).join("\n");

/** Returns docs/architecture.md with the current list of folders from scripts/folders.json. */
export function architecturePage(): Promise<string> {
  const text = readFileSync(page, "utf8");
  const [before, after] = [text.split(begin)[0] ?? "", text.split(end)[1] ?? ""];
  return markdownPage([before.trimEnd(), begin, list(), end, after.trim()]);
}
