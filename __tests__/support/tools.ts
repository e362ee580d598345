import { spawn, spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { inject } from "vitest";
import type { NotChecked } from "./run.js";

const isInstalled = (tool: string): boolean => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;

/** Adds a check that this machine cannot do to the list that is printed at the end of the run. */
function report(notChecked: NotChecked): void {
  appendFileSync(inject("notChecked"), `${JSON.stringify(notChecked)}\n`);
}

/**
 * Returns whether a check is possible on this machine, for example `it.runIf(hasTool("nginx", "the configuration of nginx"))`. If the check
 * is impossible, the run prints a line NOT CHECKED at its end. With CI=true, the test file fails instead, because .ci/run installs every
 * tool.
 */
function canCheck(isPossible: boolean, what: string, reason: string): boolean {
  if (isPossible) return true;
  if (process.env["CI"] === "true") throw new Error(`NOT CHECKED: ${what} (${reason})`);
  report({ what, reason });
  return false;
}

/** Returns whether a tool is installed. */
export const hasTool = (tool: string, what: string): boolean =>
  canCheck(isInstalled(tool), what, `${tool} is not installed`);

/** Returns whether all these tools are installed. Reports each missing tool. */
export const hasTools = (tools: readonly string[], what: string): boolean =>
  tools.map((tool) => hasTool(tool, what)).every(Boolean);

/** Returns whether a tool is installed. CI does not fail if this tool is missing, because .ci/run does not install it. */
export function hasOptionalTool(tool: string, what: string): boolean {
  if (isInstalled(tool)) return true;
  report({ what, reason: `${tool} is not installed` });
  return false;
}

/** Returns whether Debian's Python has all these modules. */
export const hasPythonModules = (modules: readonly string[], what: string): boolean =>
  canCheck(
    runTool(debianPython, ["-c", `import ${modules.join(", ")}`]).status === 0,
    what,
    `${debianPython} lacks one of the modules ${modules.join(", ")}`,
  );

/** Path of the Python interpreter that finds the modules of Debian's packages. */
export const debianPython = process.env["PYTHON"] ?? "/usr/bin/python3";

/** Returns whether a tool is installed and `unshare` works on this machine. @param unshare options of `unshare` */
export const hasToolInNetwork = (tool: string, what: string, unshare: "-nu" | "-mn"): boolean =>
  hasTool(tool, what) &&
  canCheck(
    runTool("unshare", [unshare, "true"]).status === 0,
    what,
    `unshare ${unshare} is not possible here; it requires root`,
  );

/** Returns whether the tests run as root. */
export const isRoot = (what: string): boolean => canCheck(process.getuid?.() === 0, what, "it requires root");

/**
 * Result of a tool: its standard output followed by its standard error, and its exit status. The status is -1 if the tool could not start
 * or was killed.
 */
export interface ToolResult {
  readonly status: number;
  readonly output: string;
}

/** Runs a tool synchronously. Use `runTool` only for tools that end within milliseconds. */
export function runTool(command: string, args: readonly string[], input?: string): ToolResult {
  const result = spawnSync(command, args, { encoding: "utf8", input });
  return {
    status: result.status ?? -1,
    output: `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`,
  };
}

/** Runs a tool asynchronously, so that other tests continue. Use `runToolBeside` in `concurrent` tests, for tools that run for seconds. */
export function runToolBeside(command: string, args: readonly string[]): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const printed = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => (printed[name] += text));
    child
      .on("error", reject)
      .on("close", (status) => resolve({ status: status ?? -1, output: printed.stdout + printed.stderr }));
  });
}
