import { verifyLock } from "./lock.js";
import { goOn } from "./shell.js";

/** Seconds after which a running step prints a reminder. */
const reminderSeconds = 30;

const clock = (): string => new Date().toTimeString().slice(0, 8);

/**
 * Prints the steps of a command, one line each with the time. The lines are the same in a terminal, a pipe and a log, so a log also shows
 * what a long step waited for.
 */
export class Progress {
  constructor(private readonly write: (line: string) => void = console.log) {}

  readonly say = (line: string): void => this.write(`${clock()}  ${line}`);

  /**
   * Runs a step and prints its start, its reports, a reminder every 30 s, and its duration.
   * @throws Error before the step starts, if this program received a signal to end, or if another process has taken its lock
   */
  async step<T>(title: string, work: (report: (line: string) => void) => Promise<T>): Promise<T> {
    goOn();
    await verifyLock();
    const began = performance.now();
    const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
    let last = "";
    const reminder = setInterval(
      () => this.say(`  … ${title}: ${seconds()}${last && `, ${last}`}`),
      reminderSeconds * 1000,
    );
    this.say(title);
    try {
      const result = await work((line) => {
        last = line;
        this.say(`  ${line}`);
      });
      this.say(`  done after ${seconds()}`);
      return result;
    } finally {
      clearInterval(reminder);
    }
  }
}
