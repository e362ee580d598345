import { replaceDeprecated } from "./deprecations.js";

/**
 * Runs a command. If the command fails, prints the error and sets exit code 1.
 * @param unfinished message that is printed if the process ends before the command has ended @default - none
 */
export async function runCommand(command: () => Promise<unknown>, unfinished?: string): Promise<void> {
  replaceDeprecated();
  let isOver = false;
  process.once("exit", () => {
    if (isOver || unfinished === undefined) return;
    console.error(unfinished);
    process.exitCode = 1;
  });
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    isOver = true;
    // EPIPE is not an error of the command. EPIPE means that the reader has closed the pipe, as in `npm run synth | head`.
    if (error.code === "EPIPE") process.exit();
    console.error(error.message);
    process.exit(1);
  });
  try {
    await command();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
  isOver = true;
}
