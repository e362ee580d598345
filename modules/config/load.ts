import { readdirSync } from "node:fs";
import { checkEnvironment } from "./check.js";
import { problemReport } from "./problem.js";
import type { Config, EnvironmentInput } from "./schema.js";
import { suggestion } from "./suggest.js";

export { checkEnvironment } from "./check.js";

/** What the process environment says. It is read here and nowhere else. Of a secret only its presence is kept, never its value. */
export interface Invocation {
  /** `ENVIRONMENT`. An empty text is not the default but a mistake: whoever set it did not mean production. @default "production" */
  readonly environment: string;
  /** Whether `TF_VAR_datadog_api_key` is set. Unknown when cdktf-cli runs the app, because it removes TF_VAR_* from the environment. */
  readonly hasDatadogApiKey: boolean | undefined;
  /** `TERRAFORM_BINARY_NAME`, for commands that people are told to run. @default "terraform" */
  readonly terraform: string;
}

const isRunByCdktfCli = (variables: NodeJS.ProcessEnv): boolean =>
  variables["CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS"] !== undefined;

/** Reads what the process environment says. @param variables the process environment */
export const readInvocation = (variables: NodeJS.ProcessEnv = process.env): Invocation => ({
  environment: variables["ENVIRONMENT"] ?? "production",
  hasDatadogApiKey: isRunByCdktfCli(variables) ? undefined : Boolean(variables["TF_VAR_datadog_api_key"]),
  terraform: variables["TERRAFORM_BINARY_NAME"] || "terraform",
});

/** Folder of the environments, relative to the project. `ENVIRONMENTS_FOLDER` names another folder: tests load fixtures. */
const folder = (): string => process.env["ENVIRONMENTS_FOLDER"] || "environments";

const address = (file: string): URL => new URL(`../../${file}`, import.meta.url);

/** Names of the environments that have a file, sorted. */
const environmentNames = (): readonly string[] =>
  readdirSync(address(folder()))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length))
    .sort();

/** How a TypeScript file is imported. */
export type ImportFile = (file: URL) => Promise<unknown>;

/** The line of an environment's file at which an error arose, if its stack says so. */
const placeOf = (file: string, error: unknown): string => {
  const line = error instanceof Error && error.stack?.split(file)[1]?.match(/^[^:\s]*:(\d+)/)?.[1];
  return line ? `${file}:${line}` : file;
};

/** An environment's file. @throws Error that names the file when it cannot be run */
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
 * Loads `environments/<name>.ts`.
 * @throws Error when there is no such file, when it cannot be run, or when it has problems: all of them
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
  return checkEnvironment(name, module.default as EnvironmentInput);
}
