import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { project, report, seconds } from "./figure.js";

/** Measures the time of the unit tests, without tests that start programs. */
export function unitTests(): void {
  const value = seconds("npx", ["vitest", "run", "--project=unit", "--reporter=dot"], {
    cwd: project,
    stdio: "inherit",
  });
  report({ what: "unit tests", value, limit: 30, unit: " s" });
}

/** Measures the time of `npm ci` and the first synthesis in a fresh clone of the last commit. npm uses its cache. */
export function freshClone(): void {
  const folder = mkdtempSync(join(tmpdir(), "bench-clone-"));
  const step = (program: string, ...args: string[]): number => {
    const value = seconds(program, args, { cwd: folder });
    console.log(`  ${[program, ...args].join(" ")}: ${value.toFixed(1)} s`);
    return value;
  };
  try {
    step("git", "clone", "--quiet", project, ".");
    const value = step("npm", "ci", "--no-audit", "--no-fund") + step("npm", "run", "synth");
    report({ what: "npm ci and synth in a fresh clone", value, limit: 180, unit: " s" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
