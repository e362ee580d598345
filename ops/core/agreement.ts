import { createInterface } from "node:readline/promises";

/**
 * Asks a person to type a name before something is destroyed.
 * @param yes true if the person has already agreed with an option on the command line
 * @throws Error if the person types another name, or if the command has no terminal
 */
export const agreement =
  (name: string, yes = false, { stdin, stdout } = process) =>
  async (lines: readonly string[]): Promise<void> => {
    console.log(["This destroys:", ...lines.map((line) => `  ${line}`)].join("\n"));
    if (yes) return;
    if (!stdin.isTTY)
      throw new Error(
        "refused, nothing was changed: no terminal for the confirmation; to confirm without one, add --yes",
      );
    const asked = createInterface({ input: stdin, output: stdout });
    try {
      if ((await asked.question(`Type ${name} to continue: `)).trim() !== name)
        throw new Error("refused, nothing was changed: the answer did not match");
    } finally {
      asked.close();
    }
  };
