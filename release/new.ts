import { cp, readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Argument, Command, Option } from "commander";
import { runCommand } from "../command-line/run.js";
import { makeFolder } from "./folder.js";

/** Runtimes with a starter in `examples/`. */
const runtimes = ["node", "python"] as const;

type Runtime = (typeof runtimes)[number];

const leftOut = new Set(["node_modules", "__pycache__", "package-lock.json"]);

/**
 * Copies the starter of a runtime into a folder.
 * @throws Error if the folder is not empty or cannot be created
 */
export const newApplication = async (runtime: Runtime, folder: string): Promise<void> => {
  const existing = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new Error(`app:new: ${folder} must be a new or an empty folder, got ${error.code}; choose another folder`);
  });
  if (existing.length > 0)
    throw new Error(
      `app:new: ${folder} must be new or empty, got ${existing.length} entries (${existing[0]}, …); choose another folder`,
    );
  await makeFolder(folder);
  const source = fileURLToPath(new URL(`../examples/${runtime}`, import.meta.url));
  await cp(source, folder, { recursive: true, filter: (path) => !leftOut.has(basename(path)) });
};

/** Returns the next steps for the owner, with one command in each line. */
const nextSteps = (runtime: Runtime, folder: string): string => {
  const settings = join(folder, "environment.json");
  const steps = [
    ...(runtime === "node" ? [`npm install --prefix ${folder}`] : []),
    `npm run app:build -- --application ${folder}`,
    `npm run app:check -- dist/release-1.0.0.tar.gz --settings ${settings}`,
    `npm run lab -- up --release dist/release-1.0.0.tar.gz --settings ${settings}`,
  ];
  return [
    `Your application is in ${folder}. Next steps:`,
    ...steps.map((step) => `  ${step}`),
    `Copy the settings in ${settings} into environments/<environment>.ts. The contract for applications: docs/your-application.md`,
  ].join("\n");
};

const command = new Command("npm run app:new --")
  .description("copies the starter of a runtime, with its build command and tests, into a folder")
  .addOption(new Option("--runtime <runtime>", "runtime of the application").choices(runtimes).makeOptionMandatory())
  .addArgument(new Argument("<folder>", "new or empty"))
  .showHelpAfterError()
  .action(async (folder: string, { runtime }: { runtime: Runtime }) => {
    await newApplication(runtime, resolve(folder));
    console.log(nextSteps(runtime, folder));
  });

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await runCommand(() => command.parseAsync());
