import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { extract, list } from "tar";
import { withScratch } from "../command-line/cleanup.js";
import { runCommand } from "../command-line/run.js";
import { problemsOfCommands } from "./check/commands.js";
import { entriesOf, problemsOfEntries } from "./check/entries.js";
import { type Finding, problem } from "./check/finding.js";
import { problemsOfAnswers } from "./check/start.js";
import { problemsOfSyntax } from "./check/syntax.js";
import { problemsOfSize } from "./check/unpacked.js";
import { type ApplicationSettings, readSettings } from "./settings.js";

/** Maximum size of a release in MiB that `fetch-release` accepts. */
const largestMib = 50;

const isProblem = ({ kind }: Finding): boolean => kind === "problem";

/**
 * Finds reasons why a server would reject a release. Each step runs only if the previous steps found no problem, because it would otherwise
 * fail for the same reason.
 */
export const checkRelease = async (tarball: string, settings: ApplicationSettings): Promise<readonly Finding[]> => {
  const facts = await stat(tarball).catch(() => undefined);
  if (!facts?.isFile()) return [problem(`${tarball} is not a file`, "use a tarball of `npm run app:build`")];
  const { size } = facts;
  if (size > largestMib * 1024 * 1024)
    return [
      problem(
        `the tarball has ${Math.ceil(size / 1024 / 1024)} MiB, but servers accept at most ${largestMib} MiB`,
        "remove files that the application does not need at run time; store large files in an object storage",
      ),
    ];
  const bytes = await readFile(tarball);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b)
    return [problem("the file is not a gzipped tarball", "build it with `npm run app:build`")];
  const unpacked = await problemsOfSize(tarball);
  if (unpacked.length > 0) return unpacked;
  const entries = await entriesOf((onReadEntry) => list({ file: tarball, strict: true, onReadEntry }));
  if (!entries) return [problem("the tarball is damaged", "build it again with `npm run app:build`")];
  for (const find of [problemsOfEntries, problemsOfCommands]) {
    const found = find(entries, settings);
    if (found.length > 0) return found;
  }

  return withScratch("release-check-", async ({ folder, owns }) => {
    await extract({ file: tarball, cwd: folder });
    const app = join(folder, "app");
    const syntax = await problemsOfSyntax(app, entries);
    return syntax.some(isProblem) ? syntax : [...syntax, ...(await problemsOfAnswers(app, settings, owns))];
  });
};

const shown = ({ kind, what, fix }: Finding): string =>
  kind === "problem" ? `${what}\n  fix: ${fix}` : `NOT CHECKED: ${what}`;

const command = new Command("npm run app:check --")
  .description(
    "checks a release against the contract (docs/your-application.md) before a server does: unpacks it and starts the application here, without a database. Exit code: 0 if no problem was found, otherwise 1",
  )
  .argument("<tarball>", "tarball of `npm run app:build`")
  .option("--settings <file>", "JSON with settings of the environment, such as an example's environment.json")
  .showHelpAfterError()
  .action(async (tarball: string, { settings }: { settings?: string }) => {
    const found = await checkRelease(resolve(tarball), await readSettings(settings));
    for (const finding of found) console.log(shown(finding));
    if (found.some(isProblem)) process.exitCode = 1;
    else console.log(`${tarball}: no problem found that servers would reject`);
  });

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await runCommand(() => command.parseAsync());
