/** Quotes a text for files in systemd's syntax. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

/** A command line whose words systemd passes on unchanged, with specifiers (%) and variables ($) escaped (systemd.service(5)). */
export const commandLine = (words: readonly string[]): string =>
  words.map((word) => quoted(word).replaceAll("%", "%%").replaceAll("$", "$$$$")).join(" ");

/** A line of an environment file, with the shell's escapes between quotes (systemd.exec(5), "EnvironmentFile="). */
export const environmentLine = ([name, value]: readonly [string, string]): string =>
  `${name}="${value.replaceAll(/["\\$`]/g, "\\$&")}"`;
