/** Files in which a line that starts with `#` is no comment. */
const exceptions = [/\.json$/, /\.sql$/, /\.asc$/];

const docstring = /^ *"""[^"]*"""\n/gm;

/**
 * A delivered file without its whole-line comments and Python's docstrings: they stay in the repository, for Hetzner takes 32 KiB of user data.
 * The first line of a script stays. Scripts must not hold here-documents with such lines; a function needs a body beside its docstring.
 */
export function compact(path: string, content: string): string {
  if (exceptions.some((exception) => exception.test(path))) return content;
  const isComment = (line: string, index: number): boolean =>
    /^\s*#/.test(line) && !(index === 0 && line.startsWith("#!"));
  return (path.endsWith(".py") ? content.replace(docstring, "") : content)
    .split("\n")
    .filter((line, index) => !isComment(line, index))
    .join("\n");
}
