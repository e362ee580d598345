import { visitorText } from "../../modules/config/sections/application.js";
import type { Config } from "../../modules/config/schema.js";

/** The settings that define how a visitor writes through the site, and where the application stores the text. */
export type ApplicationVisitor = NonNullable<Config["application"]["visitor"]>;

/** @throws if `application.visitor` is missing */
export function applicationVisitor({ application: { visitor } }: Config): ApplicationVisitor {
  if (visitor) return visitor;
  throw new Error(
    "lab: application.visitor is missing; it defines how a visitor writes and where the text is stored (docs/your-application.md, A visitor); add it to the environment, or to the file of --settings",
  );
}

/** Request of a visitor that writes a text. */
export function requestToWrite({ method, headers, body, status }: ApplicationVisitor, text: string) {
  const filled = (value: string): string => value.replaceAll(visitorText, text);
  const named = Object.entries(headers).map(([name, value]) => [name, filled(value)]);
  return { method, headers: Object.fromEntries(named) as Record<string, string>, body: filled(body), status };
}

/** Statement that selects rows with texts that begin with `start`. A row may contain more than the text. */
export const statementFor = ({ table, column }: ApplicationVisitor, start: string): string =>
  `SELECT ${column} FROM app.${table} WHERE ${column} LIKE '%${start}%'`;

/** Extracts the texts that begin with `start` from the statement's result. */
export const textsIn = (rows: string, start: string): ReadonlySet<string> =>
  new Set([...rows.matchAll(new RegExp(`${start}\\d+`, "g"))].map(([text]) => text));
