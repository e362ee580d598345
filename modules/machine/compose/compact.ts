/**
 * Patterns of files that must keep all lines, because a line that starts with `#` may not be a comment. For example,
 * apt has directives such as `#clear`.
 */
const exceptions = [/\.json$/, /\.sql$/, /\.asc$/, /^\/etc\/apt\//];

const isComment = (line: string, index: number): boolean =>
  /^\s*#/.test(line) && !(index === 0 && line.startsWith("#!"));

/**
 * Removes comment lines and empty lines from a file of the payload, because Hetzner limits user data to 32 KiB. Keeps
 * the first line of a script (`#!`). Here-documents in scripts therefore must not contain comment lines or empty lines
 * that matter.
 */
export function compact(path: string, content: string): string {
  if (exceptions.some((exception) => exception.test(path))) return content;
  const kept = content.split("\n").filter((line, index) => line.trim() !== "" && !isComment(line, index));
  return kept.map((line) => `${line}\n`).join("");
}
