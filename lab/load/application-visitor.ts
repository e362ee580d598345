import { visitorText } from "../../modules/config/sections/application.js";
import type { Config } from "../../modules/config/schema.js";

/** How a visitor writes through the site, and where what was written is kept, as the settings say. */
export type ApplicationVisitor = NonNullable<Config["application"]["visitor"]>;

/** @throws when the settings do not say it */
export function applicationVisitor({ application: { visitor } }: Config): ApplicationVisitor {
  if (visitor) return visitor;
  throw new Error(
    "lab: application.visitor is missing: how a visitor writes, and where that is kept (docs/your-application.md, A visitor); add it to the environment, or to the file of --settings",
  );
}

/** The request by which a visitor writes a text. */
export function requestToWrite({ method, headers, body, status }: ApplicationVisitor, text: string) {
  const filled = (value: string): string => value.replaceAll(visitorText, text);
  const named = Object.entries(headers).map(([name, value]) => [name, filled(value)]);
  return { method, headers: Object.fromEntries(named) as Record<string, string>, body: filled(body), status };
}

/** Statement for the texts that begin with `start`: each stands somewhere in a row of what it returns. */
export const statementFor = ({ table, column }: ApplicationVisitor, start: string): string =>
  `SELECT ${column} FROM app.${table} WHERE ${column} LIKE '%${start}%'`;

/** The texts that begin with `start` in what such a statement returned. */
export const textsIn = (rows: string, start: string): ReadonlySet<string> =>
  new Set([...rows.matchAll(new RegExp(`${start}\\d+`, "g"))].map(([text]) => text));
