import { replaceDeprecated } from "./deprecations.js";

/**
 * Runs a command: a failure is told to the person, and is the exit code.
 * @param unfinished what is told when the process ends before the command does; by default nothing
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
    // Whoever reads may have seen enough: npm run synth | head
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
