import { readFileSync } from "node:fs";
import Handlebars from "handlebars";
import memoize from "memoize";

const engine = Handlebars.create();

/** Caches the result for each file, because many servers use the same files. */
const once = <Result>(compute: (file: URL) => Result) => memoize(compute, { cacheKey: ([file]) => file.href });

const templateOf = once((file) => engine.compile(readFileSync(file, "utf8"), { strict: true, noEscape: true }));

/**
 * Renders a Handlebars template without escaping.
 * @throws Error if the template uses an undefined variable
 */
export const renderTemplate = (file: URL, variables: object): string => templateOf(file)(variables);

/** Reads a file that servers get unchanged. */
export const readStatic = once((file) => readFileSync(file, "utf8"));
