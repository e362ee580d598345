import { Listr } from "listr2";
import type { Step } from "../up.js";

/**
 * Runs steps one after another and shows their progress. If there is no terminal, prints the progress as plain lines. @returns total
 * duration
 * in seconds
 */
export async function runSteps(steps: readonly Step[]): Promise<number> {
  const began = performance.now();
  const tasks = steps.map(({ title, run }) => ({
    title,
    task: async (_: unknown, task: { title: string }): Promise<void> => {
      const started = performance.now();
      const note = await run();
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      task.title = `${title}${note === undefined ? "" : `: ${note}`} (${seconds} s)`;
    },
  }));
  await new Listr(tasks, { rendererOptions: { collapseErrors: false }, fallbackRenderer: "simple" }).run();
  return (performance.now() - began) / 1000;
}
