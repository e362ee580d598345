import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Command } from "commander";
import { execa } from "execa";
import { runCommand } from "../../command-line/run.js";
import { knownMutants, mechanicalMutants, project, type Mutant } from "./mutants.js";

/** Minimum ratio of mutants that tests must detect. */
const goal = 0.9;

const program = new Command("npm run mutate").description(
  "Makes small changes in the code (mutants) and runs the unit tests, to find changes that no test detects. Takes minutes to hours.",
);

interface Options {
  readonly file: string;
  readonly every: string;
  readonly quick?: boolean;
}

const notCopied = new Set(["node_modules", ".git", "dist", "cdktf.out"]);

const testsFail = async (copy: string, tests: readonly string[]): Promise<boolean> =>
  (
    await execa("npx", ["vitest", "run", "--bail=1", "--reporter=dot", ...tests], {
      cwd: copy,
      reject: false,
      env: { CI: "true" },
    })
  ).exitCode !== 0;

/** Returns the folder with the tests of the mutated file's component; empty if there is no such folder. */
function ownTests({ file }: Mutant): readonly string[] {
  const folder = `__tests__/${file.split("/files/")[0]}`;
  return existsSync(join(project, folder)) ? [folder] : [];
}

/**
 * Checks whether tests detect a mutant. Runs the tests of the file's component. If these tests pass and `isQuick` is false, runs all
 * tests.
 */
async function isDetected(copy: string, mutant: Mutant, isQuick: boolean): Promise<boolean> {
  const path = join(copy, mutant.file);
  const own = ownTests(mutant);
  writeFileSync(path, mutant.text);
  try {
    return (own.length > 0 && (await testsFail(copy, own))) || (!isQuick && (await testsFail(copy, [])));
  } finally {
    writeFileSync(path, readFileSync(join(project, mutant.file)));
  }
}

/**
 * Tests mutants, or a sample of them, in a copy of the project. Prints each undetected mutant. If too many mutants are undetected, sets
 * exit code 1.
 */
async function tryMutants(all: readonly Mutant[], { every, quick: isQuick = false }: Options): Promise<void> {
  const mutants = all.filter((_, index) => (index + 1) % Number(every) === 0);
  if (mutants.length === 0) throw new Error("mutate: no mutant matches; choose another --file or --every");
  const copy = mkdtempSync(join(tmpdir(), "mutate-"));
  try {
    cpSync(project, copy, { recursive: true, filter: (path) => !notCopied.has(relative(project, path)) });
    symlinkSync(join(project, "node_modules"), join(copy, "node_modules"));
    if (await testsFail(copy, isQuick ? [...new Set(mutants.flatMap(ownTests))] : []))
      throw new Error("mutate: the tests fail without a mutant; fix them first");
    let detected = 0;
    for (const mutant of mutants)
      if (await isDetected(copy, mutant, isQuick)) detected += 1;
      else console.log(`not detected: ${mutant.file}: ${mutant.label}`);
    console.log(`${detected} of ${mutants.length} detected`);
    if (detected < goal * mutants.length) process.exitCode = 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Adds a command that tests mutants of files for servers. */
const inServerFiles = (name: string, description: string): Command =>
  program
    .command(name)
    .description(description)
    .option("--file <text>", "only files whose path contains this text", "")
    .option("--every <number>", "try only every nth mutant, for example 10 for a sample", "1")
    .option("--quick", "run only the tests of each file's component, not all tests afterwards");

inServerFiles("payload", "tries known mutants one at a time; exit code 1 if tests detect less than 90 %").action(
  async (options: Options) => {
    await tryMutants(
      knownMutants().filter(({ file }) => file.includes(options.file)),
      options,
    );
  },
);

inServerFiles("lines", "removes each line, or changes one word, number or option of a line").action(
  async (options: Options) => {
    const { stdout } = await execa("git", ["ls-files", "modules/machine/parts/*/files/*"]);
    const files = stdout.split("\n").filter((path) => path.includes(options.file) && !path.endsWith(".py"));
    await tryMutants(
      files.flatMap((path) => mechanicalMutants(path, readFileSync(join(project, path), "utf8"))),
      options,
    );
  },
);

for (const name of ["mysql-group", "mysql-backup", "app-runs"])
  program
    .command(name)
    .description(`runs mutmut on ${name}; exit code 1 if tests detect less than 90 %`)
    .argument("[modules...]", "only these modules, for example: liveness room")
    .action(async (modules: readonly string[]) => {
      const command = [join(import.meta.dirname, "python.py"), name, ...modules];
      process.exitCode = (await execa("python3", command, { stdio: "inherit", reject: false })).exitCode;
    });

await runCommand(() => program.parseAsync());
