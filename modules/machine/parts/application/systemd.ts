/** Returns a text in quotes for files in systemd's syntax. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

/**
 * Returns a command line for a systemd unit. Escapes specifiers (%) and variables ($), so that systemd changes no word
 * (systemd.service(5)).
 */
export const commandLine = (words: readonly string[]): string =>
  words.map((word) => quoted(word).replaceAll("%", "%%").replaceAll("$", "$$$$")).join(" ");

/** Returns a line of an environment file. Quotes and escapes the value as in a shell script (systemd.exec(5), "EnvironmentFile="). */
export const environmentLine = ([name, value]: readonly [string, string]): string =>
  `${name}="${value.replaceAll(/["\\$`]/g, "\\$&")}"`;
