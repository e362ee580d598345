import { readFileSync } from "node:fs";
import Handlebars from "handlebars";

const engine = Handlebars.create();

/**
 * Renders a Handlebars template of SVG or HTML. Values are escaped.
 * @throws Error if a variable of the template is missing
 */
export const renderMarkup = (file: URL, variables: object): string =>
  engine.compile(readFileSync(file, "utf8"), { strict: true })(variables);
