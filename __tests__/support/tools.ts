import { spawn, spawnSync } from "node:child_process";

const isInstalled = (tool: string): boolean => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;

/**
 * Tells whether something can be checked on this machine. Where it cannot, says loudly what stays unchecked;
 * with CI=true, where .ci/run installs every tool, that fails the test instead.
 */
function canCheck(isPossible: boolean, what: string, whyNot: string): boolean {
  if (isPossible) return true;
  const message = `NOT CHECKED: ${what} (${whyNot})`;
  if (process.env["CI"] === "true") throw new Error(message);
  process.stderr.write(`\n  ${message}\n`);
  return false;
}

/** Tells whether a real tool is on this machine, and says so loudly where it is not. */
export const hasTool = (tool: string, whatItChecks: string): boolean =>
  canCheck(isInstalled(tool), whatItChecks, `${tool} is not installed`);

/** The same of modules of Debian's Python; `PYTHON` names another one. */
export const hasPythonModules = (modules: readonly string[], whatItChecks: string): boolean =>
  canCheck(
    runTool(debianPython, ["-c", `import ${modules.join(", ")}`]).status === 0,
    whatItChecks,
    `${debianPython} has not all of ${modules.join(", ")}`,
  );

/** The Python that Debian's packages of modules are for. */
export const debianPython = process.env["PYTHON"] ?? "/usr/bin/python3";

/** The same of a tool that needs a network of its own; `unshare` is given the options. */
export const hasToolInNetwork = (tool: string, whatItChecks: string, unshare: "-nu" | "-mn"): boolean =>
  hasTool(tool, whatItChecks) &&
  canCheck(
    runTool("unshare", [unshare, "true"]).status === 0,
    whatItChecks,
    `unshare ${unshare} is not possible here, which takes root`,
  );

/** Tells whether this is root, without whom something cannot be checked. */
export const isRoot = (whatItChecks: string): boolean => canCheck(process.getuid?.() === 0, whatItChecks, "takes root");

/** What a tool printed, standard error after standard output, and how it ended; -1 when it could not start or was killed. */
export interface ToolResult {
  readonly status: number;
  readonly output: string;
}

/** Runs a tool to its end. Nothing else happens meanwhile: for what takes milliseconds. */
export function runTool(command: string, args: readonly string[], input?: string): ToolResult {
  const result = spawnSync(command, args, { encoding: "utf8", input });
  return {
    status: result.status ?? -1,
    output: `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`,
  };
}

/** Runs a tool to its end while other tests go on: for what takes seconds, in tests that are `concurrent`. */
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
