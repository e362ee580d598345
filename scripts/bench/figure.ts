import { spawnSync, type SpawnSyncOptions } from "node:child_process";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";

/** Root of the project. */
export const project = resolve(import.meta.dirname, "../..");

/** One figure and what it must not exceed. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  /** Behind the number: " s", " KiB". */
  readonly unit: string;
}

/** Prints figures as they come; those above their limit make the process fail at its end. */
export function report({ what, value, limit, unit }: Figure): void {
  const isWithin = value <= limit;
  console.log(`${what}: ${value.toFixed(2)}${unit}, ${isWithin ? "within" : "ABOVE"} the limit of ${limit}${unit}`);
  if (!isWithin) process.exitCode = 1;
}

/** Wall time of a program, in seconds. @throws Error with its output, where that is not shown anyway, when it fails */
export function seconds(program: string, args: readonly string[], options: SpawnSyncOptions): number {
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", ...options });
  if (status !== 0)
    throw new Error(`${[program, ...args].join(" ")} failed\n${String(stdout ?? "")}${String(stderr ?? "")}`);
  return (performance.now() - begin) / 1000;
}
