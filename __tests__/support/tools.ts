import { spawnSync } from "node:child_process";

const isInstalled = (tool: string): boolean => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;

/**
 * Tells whether a real tool is on this machine. Where it is not, says loudly what stays unchecked;
 * with CI=true, where .ci/run installs every tool, its absence fails the test instead.
 */
export function hasTool(tool: string, whatItChecks: string): boolean {
  if (isInstalled(tool)) return true;
  const message = `NOT CHECKED: ${whatItChecks} (${tool} is not installed)`;
  if (process.env["CI"] === "true") throw new Error(message);
  process.stderr.write(`\n  ${message}\n`);
  return false;
}

/** Runs a tool and returns what it printed and how it ended. */
export function runTool(command: string, args: readonly string[], input?: string): { status: number; output: string } {
  const result = spawnSync(command, args, { encoding: "utf8", input });
  return {
    status: result.status ?? -1,
    output: `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`,
  };
}
