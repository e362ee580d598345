import { settings, type Setting } from "../../modules/config/settings.js";
import { markdownPage, markdownTable } from "./markdown.js";

const code = (text: string): string => `\`${text}\``;

const shown = (path: readonly string[]): string => path.map((key) => (key === "*" ? "<name>" : key)).join(".");

function defaultText(setting: Setting): string {
  if (setting.required) return "required";
  return setting.default === undefined ? "-" : code(JSON.stringify(setting.default));
}

/** Whether a setting holds a value of its own, and is no mere group of settings. */
const isValue = (setting: Setting, all: readonly Setting[]): boolean =>
  !all.some(
    (other) => other.path.length > setting.path.length && setting.path.every((key, index) => other.path[index] === key),
  );

/** docs/configuration.md: every setting with its meaning, type and default. */
export function configurationPage(): Promise<string> {
  const all = settings();
  const values = all.filter((setting) => isValue(setting, all));
  const sections = [...new Set(values.map((setting) => setting.path[0] ?? ""))];
  const rowsOf = (section: string): readonly (readonly string[])[] =>
    values
      .filter((setting) => setting.path[0] === section)
      .map((setting) => [code(shown(setting.path)), setting.description, code(setting.type), defaultText(setting)]);
  return markdownPage([
    "# Configuration",
    "Generated from `modules/config/schema.ts` by `npm run docs`.",
    "One file per environment under `environments/`, chosen by `ENVIRONMENT` (production by default). A mistake is reported as `path: rule, got value; fix`, all mistakes at once.",
    markdownTable(["Setting", "Meaning", "Type", "Default"], sections.flatMap(rowsOf)),
  ]);
}
