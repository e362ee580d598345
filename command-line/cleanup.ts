import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Temporary resources that are removed when a command ends. */
export interface Scratch {
  /** Path of the temporary folder. */
  readonly folder: string;
  /** Registers a process that was started `detached`. When the command ends, the process and all child processes are killed. */
  readonly owns: (child: ChildProcess) => void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // An error means that the process has already ended.
  }
}

/**
 * Runs a function with a temporary folder. When the function ends, or after Ctrl-C, removes the folder and kills the registered processes.
 */
export async function withScratch<Result>(
  prefix: string,
  work: (scratch: Scratch) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const children: ChildProcess[] = [];
  const removeAll = (): void => {
    children.forEach(killGroup);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const listeners = signals.map((signal) => [signal, () => interrupted(signal)] as const);
  const forget = (): void => listeners.forEach(([signal, listener]) => void process.off(signal, listener));
  function interrupted(signal: NodeJS.Signals): void {
    forget();
    removeAll();
    // Without another listener, the signal must end the process.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  }
  for (const [signal, listener] of listeners) process.on(signal, listener);
  try {
    return await work({ folder, owns: (child) => void children.push(child) });
  } finally {
    forget();
    removeAll();
  }
}
