import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { execa } from "execa";
import { runCommand } from "../../command-line/run.js";
import { lineChanges } from "./line-changes.js";
import { changeOf, type Change } from "./mutation.js";
import { knownMutations } from "./known-mistakes/index.js";
import { tryChanges } from "./try-changes.js";

/** Share of mutants that tests must detect. */
const goal = 0.9;

const program = new Command("npm run mutate").description(
  "Makes small changes in the code (mutants) and runs the unit tests, to find changes that no test detects. Takes minutes to hours.",
);

const textOf = (file: string): string => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");

interface Options {
  readonly file: string;
  readonly every: string;
  readonly quick?: boolean;
}

/** Tries these mutants or a sample, prints each undetected one, and sets the exit code. */
async function tryAndTell(all: readonly Change[], { every, quick: isQuick = false }: Options): Promise<void> {
  const changes = all.filter((_, index) => (index + 1) % Number(every) === 0);
  if (changes.length === 0) throw new Error("mutate: no mutant matches; choose another --file or --every");
  const unnoticed = await tryChanges(changes, isQuick, ({ file, label }, isNoticed) =>
    console.log(`${isNoticed ? "noticed" : "by its own tests not noticed"}: ${file}: ${label}`),
  );
  for (const { file, label } of unnoticed) console.log(`NOT NOTICED ${file}: ${label}`);
  console.log(`${changes.length - unnoticed.length} of ${changes.length} noticed`);
  if (changes.length - unnoticed.length < goal * changes.length) process.exitCode = 1;
}

/** A command that tries mutants in files of servers. */
const inServerFiles = (name: string, description: string): Command =>
  program
    .command(name)
    .description(description)
    .option("--file <text>", "only files whose path contains this text", "")
    .option("--every <number>", "try only every nth mutant, for example 10 for a sample", "1")
    .option("--quick", "run only the tests of each file's component, not all tests afterwards");

inServerFiles("payload", "tries known mutants one at a time; exit code 1 if tests detect less than 90 %").action(
  async (options: Options) => {
    const wanted = knownMutations.filter((mutation) => mutation.file.includes(options.file));
    await tryAndTell(
      wanted.map((mutation) => changeOf(textOf(mutation.file), mutation)),
      options,
    );
  },
);

inServerFiles("lines", "removes each line, and changes one word, number or option of it at a time").action(
  async (options: Options) => {
    const { stdout } = await execa("git", ["ls-files", "modules/machine/parts/*/files/*"]);
    const files = stdout.split("\n").filter((path) => path.includes(options.file) && !path.endsWith(".py"));
    await tryAndTell(
      files.flatMap((path) => lineChanges(path, textOf(path))),
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
      const script = fileURLToPath(new URL("python.py", import.meta.url));
      const { exitCode } = await execa("python3", [script, name, ...modules], { stdio: "inherit", reject: false });
      process.exitCode = exitCode;
    });

program
  .command("typescript")
  .description("runs Stryker mutation tests on the modules; Stryker options follow --")
  .argument("[options...]", "for example: -- --mutate 'modules/config/rules/*.ts'")
  .allowUnknownOption()
  .action(async (options: readonly string[]) => {
    const { exitCode } = await execa("npx", ["stryker", "run", ...options], { stdio: "inherit", reject: false });
    process.exitCode = exitCode;
  });

await runCommand(() => program.parseAsync());
