import { readFile } from "node:fs/promises";
import * as z from "zod";
import { toProblems } from "../modules/config/issues.js";
import { problemLine } from "../modules/config/problem.js";
import { variableName } from "../modules/config/values/index.js";

const command = z.array(z.string().min(1)).min(1);
const tasks = z.record(z.string(), z.looseObject({ command })).default({});

/** Settings of an environment that the check of a release needs. docs/configuration.md lists all settings. */
const settings = z.looseObject({
  application: z.looseObject({
    command: command.default(["/usr/bin/node", "server.js"]),
    migrate: command.optional(),
    workers: tasks,
    schedules: tasks,
    healthPath: z.string().startsWith("/").default("/healthz"),
    environment: z.record(variableName, z.string()).default({}),
    secrets: z.record(variableName, z.unknown()).default({}),
  }),
});

/** Settings of the application that the check uses. */
export type ApplicationSettings = z.output<typeof settings>["application"];

/** Reads a JSON file. @throws Error with the path of the file */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new Error(
      `${file}: must be a file with JSON, such as an example's environment.json: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Reads a file with settings of an environment, such as an example's `environment.json`.
 * @param file path of the file @default - none, so the default settings are used
 * @throws Error if the file cannot be read or is invalid
 */
export const readSettings = async (file?: string): Promise<ApplicationSettings> => {
  const written = file === undefined ? { application: {} } : await readJson(file);
  const { data, error } = settings.safeParse(written);
  if (error) {
    const problems = error.issues.flatMap((issue) => toProblems(issue, written, () => []));
    throw new Error(problems.map((problem) => `${file}: ${problemLine(problem)}`).join("\n"));
  }
  return data.application;
};
