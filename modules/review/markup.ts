import { readFileSync } from "node:fs";
import Handlebars from "handlebars";

const engine = Handlebars.create();

/**
 * Renders a Handlebars template of SVG or HTML. Values are escaped.
 * @throws Error when the template uses a variable that is not given.
 */
export const renderMarkup = (file: URL, variables: object): string =>
  engine.compile(readFileSync(file, "utf8"), { strict: true })(variables);
