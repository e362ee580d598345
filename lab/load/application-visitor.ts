import { visitorText } from "../../modules/config/sections/application.js";
import type { Config } from "../../modules/config/schema.js";

/** Settings that define how a visitor writes through the site, and where the application stores the text. */
export type ApplicationVisitor = NonNullable<Config["application"]["visitor"]>;

/** Returns the setting `application.visitor`. @throws if the setting is missing */
export function applicationVisitor({ application: { visitor } }: Config): ApplicationVisitor {
  if (visitor) return visitor;
  throw new Error(
    "lab: application.visitor is missing; it defines how a visitor writes and where the text is stored (docs/your-application.md, A visitor); add it to the environment, or to the file of --settings",
  );
}

/** Returns the method, headers, body and expected status of a request that writes a text. */
export function requestToWrite({ method, headers, body, status }: ApplicationVisitor, text: string) {
  const filled = (value: string): string => value.replaceAll(visitorText, text);
  const named = Object.entries(headers).map(([name, value]) => [name, filled(value)]);
  return { method, headers: Object.fromEntries(named) as Record<string, string>, body: filled(body), status };
}

/** Returns the SQL statement that selects all values that contain `start`. */
export const statementFor = ({ table, column }: ApplicationVisitor, start: string): string =>
  `SELECT ${column} FROM app.${table} WHERE ${column} LIKE '%${start}%'`;

/** Returns the texts that begin with `start` in the result of the SQL statement. */
export const textsIn = (rows: string, start: string): ReadonlySet<string> =>
  new Set([...rows.matchAll(new RegExp(`${start}\\d+`, "g"))].map(([text]) => text));
