import type { Machine } from "../../../lab/machine/machine.js";

/** Directories that are searched. /proc and /sys contain no stored files and are checked separately. */
const trees = ["/boot", "/dev/shm", "/etc", "/home", "/opt", "/root", "/run", "/srv", "/tmp", "/usr", "/var"];

/** Input of `grep --file`: one text per line. */
const patterns = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join("");

/** Files in all file systems of a machine that contain one of these texts. */
export async function filesWith(machine: Machine, texts: readonly string[]): Promise<string[]> {
  const grep = ["grep", "--recursive", "--files-with-matches", "--no-messages", "--fixed-strings", "--file=-"];
  const { stdout } = await machine.tryExec(["env", "LC_ALL=C", ...grep, ...trees], { input: patterns(texts) });
  return stdout.split("\n").filter(Boolean).sort();
}

/** Lines of a command's output that contain one of these texts. */
export async function linesWith(machine: Machine, command: string, texts: readonly string[]): Promise<string[]> {
  // The texts are passed by standard input and a here-document, so they appear in no command line of the search itself.
  const grep = "LC_ALL=C grep --text --fixed-strings --file=/dev/fd/3";
  const script = `texts=$(cat)\n{ ${command}; } </dev/null | ${grep} 3<<TEXTS\n$texts\nTEXTS`;
  const { stdout } = await machine.tryExec(["sh", "-c", script], { input: patterns(texts) });
  return stdout.split("\n").filter(Boolean);
}

/** Which of these files a user can read. */
export async function readableBy(machine: Machine, user: string, files: readonly string[]): Promise<string[]> {
  if (files.length === 0) return [];
  const script = 'for file; do [ -r "$file" ] && echo "$file"; done; true';
  const as = ["setpriv", `--reuid=${user}`, `--regid=$(id --group ${user})`, "--init-groups"];
  const output = await machine.exec(["sh", "-c", `exec ${as.join(" ")} sh -c '${script}' sh "$@"`, "sh", ...files]);
  return output.split("\n").filter(Boolean);
}
