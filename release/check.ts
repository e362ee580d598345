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

/** What `fetch-release` takes at most. */
const largestMib = 50;

const isProblem = ({ kind }: Finding): boolean => kind === "problem";

/**
 * Finds out what a server would refuse a release for, before a server does. Each step looks only when those before it found nothing, since it
 * would stumble over the same.
 */
export const checkRelease = async (tarball: string, settings: ApplicationSettings): Promise<readonly Finding[]> => {
  const facts = await stat(tarball).catch(() => undefined);
  if (!facts?.isFile()) return [problem(`${tarball} is no file`, "name the tarball that `npm run app:build` made")];
  const { size } = facts;
  if (size > largestMib * 1024 * 1024)
    return [
      problem(
        `the tarball has ${Math.ceil(size / 1024 / 1024)} MiB, servers take ${largestMib}`,
        "leave out what the application does not need at run time; large files belong into an object storage",
      ),
    ];
  const bytes = await readFile(tarball);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b)
    return [problem("it is no gzipped tarball", "make it with `npm run app:build`")];
  const unpacked = await problemsOfSize(tarball);
  if (unpacked.length > 0) return unpacked;
  const entries = await entriesOf((onReadEntry) => list({ file: tarball, strict: true, onReadEntry }));
  if (!entries) return [problem("the tarball is damaged", "make it anew with `npm run app:build`")];
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
    "says what the contract (docs/your-application.md) finds wrong in a release, before a server does. Unpacks it, reads it and starts it here, without a database. Exit status: 0 nothing found, 1 something",
  )
  .argument("<tarball>", "what `npm run app:build` made")
  .option("--settings <file>", "JSON with the lines of the environment, such as an example's environment.json")
  .showHelpAfterError()
  .action(async (tarball: string, { settings }: { settings?: string }) => {
    const found = await checkRelease(resolve(tarball), await readSettings(settings));
    for (const finding of found) console.log(shown(finding));
    if (found.some(isProblem)) process.exitCode = 1;
    else console.log(`${tarball}: nothing found that a server would refuse`);
  });

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await runCommand(() => command.parseAsync());
