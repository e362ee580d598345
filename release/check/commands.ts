import type { ApplicationSettings } from "../settings.js";
import type { Entry } from "./entries.js";
import { type Finding, problem } from "./finding.js";

/** Matches a word of a command that is a file of the release, by its extension. */
const program = /\.(?:[cm]?js|py|sh|rb|pl|php|jar)$/;

/** Returns a problem for each file of a configured command that the release does not contain. */
export const problemsOfCommands = (entries: readonly Entry[], settings: ApplicationSettings): readonly Finding[] =>
  Object.entries(commandsOf(settings)).flatMap(([setting, words]) => problemsOf(setting, words, entries));

const commandsOf = ({ command, migrate, workers, schedules }: ApplicationSettings) => ({
  "application.command": command,
  ...(migrate && { "application.migrate": migrate }),
  ...commandsOfTasks("workers", workers),
  ...commandsOfTasks("schedules", schedules),
});

const commandsOfTasks = (
  kind: "workers" | "schedules",
  tasks: ApplicationSettings["workers"],
): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    Object.entries(tasks).map(([name, { command }]) => [`application.${kind}.${name}.command`, command]),
  );

/** Returns the path that a file of a command has in the release. */
const inRelease = (word: string): string => `app/${word.replace(/^\.\//, "")}`;

function problemsOf(setting: string, [first = "", ...rest]: readonly string[], entries: readonly Entry[]): Finding[] {
  const fileOf = (word: string): Entry | undefined =>
    entries.find(({ path, type }) => type !== "Directory" && path === inRelease(word));
  const missing = (word: string): Finding =>
    problem(`${setting}: the release has no ${inRelease(word)}`, "let `build` create the file, or change the setting");

  const ofWords = rest
    .filter((word) => program.test(word) && !word.startsWith("-") && !word.startsWith("/") && !fileOf(word))
    .map(missing);

  const ofProgram = (): readonly Finding[] => {
    if (first.startsWith("/")) return [];
    const file = fileOf(first);
    if (!file) return [missing(first)];
    if (file.executable) return [];
    return [problem(`${setting}: ${inRelease(first)} is not executable`, "run chmod +x on the file's source")];
  };

  const ofModule = (): readonly Finding[] => {
    const module = /python/.test(first) && rest.includes("-m") ? rest[rest.indexOf("-m") + 1] : undefined;
    if (!module) return [];
    const [top] = module.split(".");
    // If the release has no such module or package, the operating system provides the module.
    const isOurs = entries.some(({ path }) => path === `app/${top}` || path === `app/${top}.py`);
    const folder = module.replaceAll(".", "/");
    return isOurs && !fileOf(`${folder}.py`) && !fileOf(`${folder}/__main__.py`) ? [missing(`${folder}.py`)] : [];
  };

  return [...ofWords, ...ofProgram(), ...ofModule()];
}
