import { loadavg } from "node:os";
import { Argument, Command, InvalidArgumentError } from "commander";
import { appRun } from "./app-run.js";
import { payloads } from "./payload.js";
import { freshClone, unitTests } from "./whole.js";

interface Options {
  readonly pairs: number;
}

/** The measurements, the fastest first. */
const figures: Readonly<Record<string, (options: Options) => void | Promise<void>>> = {
  payload: payloads,
  app: ({ pairs }) => appRun(pairs),
  tests: unitTests,
  clone: freshClone,
};

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number of at least 1.");
  return value;
}

const program = new Command("npm run bench --")
  .description(
    "Measures the project's figures and compares them with their limits. Exit code 1 if a limit is exceeded.",
  )
  .addArgument(new Argument("[figures...]", "figures to measure").choices(Object.keys(figures)).default([], "all"))
  .option("--pairs <number>", "measured runs of each app", count, 5)
  .addHelpText(
    "after",
    `
Figures:
  payload  size of each server's user data, at most 28 KiB
  app      an app run, at most 2 s; with 100 servers, at most 2.5 times as long
  tests    the unit tests, at most 30 s
  clone    npm ci and the first synthesis in a fresh clone of the last commit, at most 3 minutes

Times depend on this machine and its load. Run the benchmark on an idle machine.`,
  )
  .action(async (wanted: readonly string[], options: Options) => {
    console.log(`load of this machine: ${loadavg()[0]?.toFixed(1)}`);
    for (const [name, measure] of Object.entries(figures)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      console.log(`\n${name}`);
      await measure(options);
    }
  });

// After Ctrl-C the measured program fails, which is reported, and temporary files are removed.
process.once("SIGINT", () => undefined);
await program.parseAsync();
