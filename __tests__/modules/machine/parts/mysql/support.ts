import { mysqlPart } from "../../../../../modules/machine/parts/mysql/index.js";
import { exampleConfig } from "../../../../support/config.js";
import { contentOf as contentIn, partOf } from "../../../../support/payload-files.js";

/** Returns the MySQL part of a server's payload. */
export const mysqlOf = (name: string, config = exampleConfig()) => partOf(mysqlPart, config, name);

/** Returns the content of a file of the part. @throws Error if there is no file with this path */
export const contentOf = (path: string, part = mysqlOf("alpha")): string => contentIn(part, path);

/** Returns the variables that mysqld's configuration sets. */
export const variables = (part = mysqlOf("alpha")): Readonly<Record<string, string>> => {
  const lines = contentOf("/etc/mysql/server.cnf", part).matchAll(/^(\w+) = (.*)$/gm);
  return Object.fromEntries([...lines].map(([, name = "", value = ""]) => [name, value] as const));
};
