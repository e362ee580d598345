import { readFileSync } from "node:fs";
import Handlebars from "handlebars";

const engine = Handlebars.create();

/**
 * Renders a Handlebars template file without escaping.
 * @throws Error when the template uses a variable that is not given.
 */
export function renderTemplate(file: URL, variables: object): string {
  const template = engine.compile(readFileSync(file, "utf8"), { strict: true, noEscape: true });
  return template(variables);
}

/** Reads a file that is delivered as it stands. */
export const readStatic = (file: URL): string => readFileSync(file, "utf8");
