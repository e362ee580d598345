import { readFileSync } from "node:fs";
import Handlebars from "handlebars";

const engine = Handlebars.create();

/** Does something with a file once: a hundred servers get the same few files. */
function once<Result>(compute: (file: URL) => Result): (file: URL) => Result {
  const results = new Map<string, Result>();
  return (file) => {
    const result = results.get(file.href) ?? compute(file);
    results.set(file.href, result);
    return result;
  };
}

const templateOf = once((file) => engine.compile(readFileSync(file, "utf8"), { strict: true, noEscape: true }));

/**
 * Renders a Handlebars template file without escaping.
 * @throws Error when the template uses a variable that is not given.
 */
export const renderTemplate = (file: URL, variables: object): string => templateOf(file)(variables);

/** Reads a file that is delivered as it stands. */
export const readStatic = once((file) => readFileSync(file, "utf8"));
