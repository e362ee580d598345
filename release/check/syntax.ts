import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Entry } from "./entries.js";
import { type Finding, notChecked, problem } from "./finding.js";

const run = promisify(execFile);

interface Checker {
  readonly ending: RegExp;
  /** Command that checks the syntax. The files are appended as last arguments. */
  readonly command: readonly [string, ...string[]];
  /** True if the command accepts several files. */
  readonly takesMany: boolean;
}

/** Python program that parses all files. The program stops at the first invalid file. */
const parseAll = "import ast,sys\nfor name in sys.argv[1:]: ast.parse(open(name,'rb').read(), name)";

const checkers: readonly Checker[] = [
  { ending: /\.[cm]?js$/, command: ["node", "--check"], takesMany: false },
  { ending: /\.py$/, command: ["python3", "-c", parseAll], takesMany: true },
  { ending: /\.sh$/, command: ["sh", "-n"], takesMany: false },
];

/** Returns the syntax errors of the application's programs in the unpacked release. */
export const problemsOfSyntax = async (app: string, entries: readonly Entry[]): Promise<readonly Finding[]> => {
  const found: Finding[] = [];
  for (const { ending, command, takesMany } of checkers) {
    const files = entries
      .filter(({ path, type }) => type !== "Directory" && path.startsWith("app/") && ending.test(path))
      .map(({ path }) => path.slice("app/".length));
    for (const names of takesMany ? [files].filter(({ length }) => length > 0) : files.map((file) => [file]))
      found.push(...(await judge(app, command, names)));
  }
  return found;
};

const judge = async (cwd: string, command: Checker["command"], names: readonly string[]): Promise<Finding[]> => {
  const [program, ...args] = command;
  try {
    await run(program, [...args, ...names], { cwd });
    return [];
  } catch (error) {
    const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT")
      return [notChecked(`syntax of ${names.join(", ")}, because ${program} is not installed here`)];
    const said = lastLines(stderr.replaceAll(`${cwd}/`, ""));
    return [
      problem(names.length === 1 ? `app/${names[0]}: ${said}` : said, "correct the error, and run this file in a test"),
    ];
  }
};

/** Returns the last lines of a program's output, without stack traces. */
export const lastLines = (text: string): string =>
  text
    .trim()
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\s+at |^Node\.js v/.test(line))
    .slice(-4)
    .join(" | ");
