import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Temporary resources of a command, which are removed at its end. */
export interface Scratch {
  /** Temporary folder. */
  readonly folder: string;
  /** Registers a process that was started `detached`. At the end of the command, the process and all its child processes are killed. */
  readonly owns: (child: ChildProcess) => void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // The process has already ended.
  }
}

/** Runs some work with a temporary folder. Folder and processes are removed at the end, also after Ctrl-C. */
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
    // Ends the process with the signal, unless the program has its own listener.
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
