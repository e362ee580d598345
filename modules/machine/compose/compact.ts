/** Files in which a line that starts with `#` is no comment: apt has directives like `#clear`. */
const exceptions = [/\.json$/, /\.sql$/, /\.asc$/, /^\/etc\/apt\//];

const isComment = (line: string, index: number): boolean =>
  /^\s*#/.test(line) && !(index === 0 && line.startsWith("#!"));

/**
 * Removes comments that are a whole line, and empty lines, from a delivered file: Hetzner takes 32 KiB of user data, and comments are for
 * readers of the repository. The first line of a script stays. Here-documents must not need lines of either kind.
 */
export function compact(path: string, content: string): string {
  if (exceptions.some((exception) => exception.test(path))) return content;
  const kept = content.split("\n").filter((line, index) => line.trim() !== "" && !isComment(line, index));
  return kept.map((line) => `${line}\n`).join("");
}
