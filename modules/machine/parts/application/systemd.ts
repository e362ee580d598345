/** A text between double quotes, for files in systemd's syntax. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

/** Words of a command line as systemd hands them on unchanged: without specifiers (%) and variables ($) of its own (systemd.service(5)). */
export const commandLine = (words: readonly string[]): string =>
  words.map((word) => quoted(word).replaceAll("%", "%%").replaceAll("$", "$$$$")).join(" ");

/** A line of an environment file; the shell's escapes count between quotes there (systemd.exec(5), "EnvironmentFile="). */
export const environmentLine = ([name, value]: readonly [string, string]): string =>
  `${name}="${value.replaceAll(/["\\$`]/g, "\\$&")}"`;
