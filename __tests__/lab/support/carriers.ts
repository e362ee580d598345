import type { Machine } from "../../../lab/machine/machine.js";

/** Directories that {@link filesWith} searches. The directories /proc and /sys are not searched, because they contain no stored files. */
const trees = ["/boot", "/dev/shm", "/etc", "/home", "/opt", "/root", "/run", "/srv", "/tmp", "/usr", "/var"];

/** Returns the input of `grep --file` with one text per line. */
const patterns = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join("");

/** Returns the paths of all files on a machine that contain at least one of the given texts. */
export async function filesWith(machine: Machine, texts: readonly string[]): Promise<string[]> {
  const grep = ["grep", "--recursive", "--files-with-matches", "--no-messages", "--fixed-strings", "--file=-"];
  const { stdout } = await machine.tryExec(["env", "LC_ALL=C", ...grep, ...trees], { input: patterns(texts) });
  return stdout.split("\n").filter(Boolean).sort();
}

/** Returns the lines of a command's output that contain at least one of the given texts. */
export async function linesWith(machine: Machine, command: string, texts: readonly string[]): Promise<string[]> {
  // The search receives the texts over standard input and a here-document, so that the texts appear in no command line.
  const grep = "LC_ALL=C grep --text --fixed-strings --file=/dev/fd/3";
  const script = `texts=$(cat)\n{ ${command}; } </dev/null | ${grep} 3<<TEXTS\n$texts\nTEXTS`;
  const { stdout } = await machine.tryExec(["sh", "-c", script], { input: patterns(texts) });
  return stdout.split("\n").filter(Boolean);
}

/** Returns those of the given files that a user can read. */
export async function readableBy(machine: Machine, user: string, files: readonly string[]): Promise<string[]> {
  if (files.length === 0) return [];
  const script = 'for file; do [ -r "$file" ] && echo "$file"; done; true';
  const as = ["setpriv", `--reuid=${user}`, `--regid=$(id --group ${user})`, "--init-groups"];
  const output = await machine.exec(["sh", "-c", `exec ${as.join(" ")} sh -c '${script}' sh "$@"`, "sh", ...files]);
  return output.split("\n").filter(Boolean);
}
