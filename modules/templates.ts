import { readFileSync } from "node:fs";
import Handlebars from "handlebars";

const engine = Handlebars.create();

/** Compiled templates by address: a hundred servers render the same few files. */
const compiled = new Map<string, Handlebars.TemplateDelegate>();

function templateOf(file: URL): Handlebars.TemplateDelegate {
  const known = compiled.get(file.href);
  if (known) return known;
  const template = engine.compile(readFileSync(file, "utf8"), { strict: true, noEscape: true });
  compiled.set(file.href, template);
  return template;
}

/**
 * Renders a Handlebars template file without escaping.
 * @throws Error when the template uses a variable that is not given.
 */
export const renderTemplate = (file: URL, variables: object): string => templateOf(file)(variables);

/** Reads a file that is delivered as it stands. */
export const readStatic = (file: URL): string => readFileSync(file, "utf8");
