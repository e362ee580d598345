import { mysqlPart } from "../../../../../modules/machine/parts/mysql/index.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf as contentIn, partOf } from "../../../../support/payload-files.js";

/** The MySQL part of a server. */
export const mysqlOf = (name: string, config = exampleConfig()) => partOf(mysqlPart, config, name);

/** A file of the part. @throws Error if there is no file with that path */
export const contentOf = (path: string, part = mysqlOf("alpha")): string => contentIn(part, path);

/** The variables that mysqld's configuration sets. */
export const variables = (part = mysqlOf("alpha")): Readonly<Record<string, string>> => {
  const lines = contentOf("/etc/mysql/server.cnf", part).matchAll(/^(\w+) = (.*)$/gm);
  return Object.fromEntries([...lines].map(([, name = "", value = ""]) => [name, value] as const));
};
