/** Files in which a line starting with `#` may not be a comment: apt has directives such as `#clear`. */
const exceptions = [/\.json$/, /\.sql$/, /\.asc$/, /^\/etc\/apt\//];

const isComment = (line: string, index: number): boolean =>
  /^\s*#/.test(line) && !(index === 0 && line.startsWith("#!"));

/**
 * Removes comment lines and empty lines from a delivered file, because Hetzner limits user data to 32 KiB. The first line of a script is
 * kept. Here-documents must not depend on such lines.
 */
export function compact(path: string, content: string): string {
  if (exceptions.some((exception) => exception.test(path))) return content;
  const kept = content.split("\n").filter((line, index) => line.trim() !== "" && !isComment(line, index));
  return kept.map((line) => `${line}\n`).join("");
}
