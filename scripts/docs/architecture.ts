import { readFileSync } from "node:fs";
import folders from "../folders.json" with { type: "json" };
import { markdownPage, markdownTable } from "./markdown.js";

const page = new URL("../../docs/architecture.md", import.meta.url);
const begin = "<!-- Generated from scripts/folders.json by `npm run docs`; `npm run check` enforces it. -->";
const end = "<!-- End of the generated table. -->";

type Folder = (typeof folders)[number];

/** Whether a folder may import another one, according to the table's line for the folder or a parent. */
const allows = (from: Folder, to: Folder): boolean =>
  from.imports.some((name) => to.folder === name || to.folder.startsWith(`${name}/`));

/** Imports for the diagram, without imports that follow from two others. */
const direct = (from: Folder): readonly Folder[] => {
  const allowed = folders.filter((to) => allows(from, to));
  return allowed.filter((to) => !allowed.some((between) => allows(between, to)));
};

const id = ({ folder }: Folder): string => folder.replaceAll("/", "_");

const picture = (): string =>
  [
    "```mermaid",
    "flowchart TD",
    ...folders.map((folder) => `  ${id(folder)}[${folder.folder}]`),
    ...folders.flatMap((from) => direct(from).map((to) => `  ${id(from)} --> ${id(to)}`)),
    "```",
  ].join("\n");

const code = (text: string): string => `\`${text}\``;

const table = (): string =>
  markdownTable(
    ["Folder", "Contents"],
    folders.map(({ folder, holds }) => [code(`${folder}/`), holds]),
  );

/** docs/architecture.md, with the diagram and table of folders from the import rules. */
export function architecturePage(): Promise<string> {
  const text = readFileSync(page, "utf8");
  const [before, after] = [text.split(begin)[0] ?? "", text.split(end)[1] ?? ""];
  return markdownPage([before.trimEnd(), begin, picture(), table(), end, after.trim()]);
}
