import { spawnSync, type SpawnSyncOptions } from "node:child_process";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";

/** Root of the project. */
export const project = resolve(import.meta.dirname, "../..");

/** A measured value and its limit. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  /** Suffix of the number: " s", " KiB". */
  readonly unit: string;
}

/** Prints a figure. If the figure exceeds its limit, sets exit code 1. */
export function report({ what, value, limit, unit }: Figure): void {
  const isWithin = value <= limit;
  console.log(`${what}: ${value.toFixed(2)}${unit}, ${isWithin ? "within" : "ABOVE"} the limit of ${limit}${unit}`);
  if (!isWithin) process.exitCode = 1;
}

/** Wall time of a program, in seconds. @throws Error with the program's captured output if it fails */
export function seconds(program: string, args: readonly string[], options: SpawnSyncOptions): number {
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", ...options });
  if (status !== 0)
    throw new Error(`${[program, ...args].join(" ")} failed\n${String(stdout ?? "")}${String(stderr ?? "")}`);
  return (performance.now() - begin) / 1000;
}
