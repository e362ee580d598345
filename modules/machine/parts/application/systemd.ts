/** Returns a text in quotes as systemd's unit files require. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

/**
 * Returns a command line for a systemd unit. Escapes specifiers (%) and variables ($), so that systemd passes all words
 * unchanged (systemd.service(5)).
 */
export const commandLine = (words: readonly string[]): string =>
  words.map((word) => quoted(word).replaceAll("%", "%%").replaceAll("$", "$$$$")).join(" ");

/** Returns a line of an environment file. Quotes and escapes the value as in a shell script (systemd.exec(5), "EnvironmentFile="). */
export const environmentLine = ([name, value]: readonly [string, string]): string =>
  `${name}="${value.replaceAll(/["\\$`]/g, "\\$&")}"`;
