import { readFile } from "node:fs/promises";
import * as z from "zod";

const command = z.array(z.string().min(1)).min(1);
const tasks = z.record(z.string(), z.looseObject({ command })).default({});

/** What of an environment's settings the check of a release needs; docs/configuration.md has them all. */
const settings = z.looseObject({
  application: z.looseObject({
    command: command.default(["/usr/bin/node", "server.js"]),
    migrate: command.optional(),
    workers: tasks,
    schedules: tasks,
    healthPath: z.string().startsWith("/").default("/healthz"),
    environment: z.record(z.string(), z.string()).default({}),
    secrets: z.record(z.string(), z.unknown()).default({}),
  }),
});

/** Settings of the application, as far as the check looks. */
export type ApplicationSettings = z.output<typeof settings>["application"];

/** @throws Error that names the file */
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
 * Reads a file with lines of an environment, such as an example's `environment.json`.
 * @param file @default - none: the defaults
 * @throws when it cannot be read or is not like that
 */
export const readSettings = async (file?: string): Promise<ApplicationSettings> => {
  const { data, error } = settings.safeParse(file === undefined ? { application: {} } : await readJson(file));
  if (error) throw new Error(`${file}: ${z.prettifyError(error)}`);
  return data.application;
};
