import { readdirSync } from "node:fs";
import { checkEnvironment } from "./check.js";
import { problemReport } from "./problem.js";
import type { Config, EnvironmentInput } from "./schema.js";
import { suggestion } from "./suggest.js";

export { checkEnvironment } from "./check.js";

/**
 * Settings from environment variables. Only this module reads environment variables. For secrets, the module stores
 * only whether they are set.
 */
export interface Invocation {
  /**
   * Value of the environment variable `ENVIRONMENT`. An empty value is an error, because it must not select production.
   * @default "production"
   */
  readonly environment: string;
  /**
   * True if the environment variable `TF_VAR_datadog_api_key` is set. The value is undefined under cdktf-cli, because
   * cdktf-cli removes TF_VAR_* variables.
   */
  readonly hasDatadogApiKey: boolean | undefined;
  /** Output folder, from `CDKTF_OUTDIR`. @default "cdktf.out" */
  readonly outdir: string;
  /**
   * Name of the Terraform program that messages show in commands, from `TERRAFORM_BINARY_NAME`. @default "terraform"
   */
  readonly terraform: string;
}

const isRunByCdktfCli = (variables: NodeJS.ProcessEnv): boolean =>
  variables["CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS"] !== undefined;

export const readInvocation = (variables: NodeJS.ProcessEnv = process.env): Invocation => ({
  environment: variables["ENVIRONMENT"] ?? "production",
  hasDatadogApiKey: isRunByCdktfCli(variables) ? undefined : Boolean(variables["TF_VAR_datadog_api_key"]),
  outdir: variables["CDKTF_OUTDIR"] || "cdktf.out",
  terraform: variables["TERRAFORM_BINARY_NAME"] || "terraform",
});

/** Returns the folder with the environments' files, relative to the project. Tests set `ENVIRONMENTS_FOLDER` to load fixtures. */
const folder = (): string => process.env["ENVIRONMENTS_FOLDER"] || "environments";

const address = (file: string): URL => new URL(`../../${file}`, import.meta.url);

/** Returns the names of all environments that have a file, sorted. */
const environmentNames = (): readonly string[] =>
  readdirSync(address(folder()))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length))
    .sort();

/** Imports a TypeScript file. */
export type ImportFile = (file: URL) => Promise<unknown>;

/** Returns the name of an environment's file, with the line number if the stack of the error contains it. */
const placeOf = (file: string, error: unknown): string => {
  const line = error instanceof Error && error.stack?.split(file)[1]?.match(/^[^:\s]*:(\d+)/)?.[1];
  return line ? `${file}:${line}` : file;
};

/**
 * Imports the file of an environment.
 * @throws Error with the path of the file if the code in the file throws an error
 */
async function run(name: string, importFile: ImportFile): Promise<{ readonly default?: unknown }> {
  const file = `${folder()}/${name}.ts`;
  try {
    return (await importFile(address(file))) as { readonly default?: unknown };
  } catch (error) {
    const problem = {
      path: placeOf(file, error),
      rule: "must run without an error",
      got: error,
      fix: "correct the file",
    };
    throw new Error(problemReport(name, [problem]), { cause: error });
  }
}

/**
 * Returns an environment if its file is valid, otherwise `undefined`. Problems of an invalid file are reported when an
 * operator selects this environment.
 */
async function tryLoad(name: string, importFile: ImportFile): Promise<Config | undefined> {
  try {
    return checkEnvironment(name, (await run(name, importFile)).default as EnvironmentInput);
  } catch {
    return undefined;
  }
}

const archiveKey = ({ backup, database }: Config): string =>
  [backup?.endpoint, backup?.bucket, database.groupName].join(" ");

/** Returns a problem if two environments use the same archive, because the archive would mix their transactions. */
async function sharedArchive(config: Config, others: readonly string[], importFile: ImportFile) {
  if (config.backup === undefined) return [];
  const loaded = await Promise.all(others.map((other) => tryLoad(other, importFile)));
  return loaded
    .filter((other) => other !== undefined && archiveKey(other) === archiveKey(config))
    .map((other) => ({
      path: "database.groupName",
      rule: `must differ from environment ${other?.environment}, which archives to the same bucket`,
      got: config.database.groupName,
      fix: "create a UUID with `uuidgen` for the environment that has no data yet, or use another backup.bucket",
    }));
}

/**
 * Loads `environments/<name>.ts`. If `backup` is set, also checks that no other environment uses the same archive.
 * @throws Error with all problems if the file does not exist, throws an error or is invalid
 */
export async function loadEnvironment(
  name: string,
  importFile: ImportFile = (file) => import(file.href),
): Promise<Config> {
  const names = environmentNames();
  if (!names.includes(name))
    throw new Error(
      problemReport(name, [
        {
          path: "ENVIRONMENT",
          rule: `must be the name of a file in ${folder()}/ (${names.join(", ")})`,
          got: name,
          fix: suggestion(name, names),
        },
      ]),
    );
  const module = await run(name, importFile);
  const config = checkEnvironment(name, module.default as EnvironmentInput);
  const others = names.filter((other) => other !== name);
  const problems = await sharedArchive(config, others, importFile);
  if (problems.length > 0) throw new Error(problemReport(name, problems));
  return config;
}
