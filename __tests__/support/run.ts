import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Home directory of all tests of this run. */
    home: string;
    /** File that lists the checks that this machine cannot do. Each line is one check as JSON. */
    notChecked: string;
  }
}

/** A check that this machine cannot do. */
export interface NotChecked {
  readonly what: string;
  readonly reason: string;
}

/** Returns the checks that this machine cannot do, grouped by the reason. */
export function summary(lines: string): string {
  const byReason = new Map<string, Set<string>>();
  for (const line of lines.split("\n").filter(Boolean)) {
    const { what, reason } = JSON.parse(line) as NotChecked;
    byReason.set(reason, (byReason.get(reason) ?? new Set()).add(what));
  }
  return [...byReason]
    .map(([reason, whats]) => `NOT CHECKED: ${reason}: ${[...whats].sort().join("; ")}\n`)
    .sort()
    .join("");
}

/**
 * Creates a home directory for the tests of a run, so that tests see no file of the person who runs them. At the end of the run, deletes
 * the directory and prints the checks that this machine cannot do.
 */
export default function (project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "home-"));
  const notChecked = join(folder, ".not-checked");
  project.provide("home", folder);
  project.provide("notChecked", notChecked);
  return () => {
    if (existsSync(notChecked)) process.stderr.write(`\n${summary(readFileSync(notChecked, "utf8"))}`);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}
