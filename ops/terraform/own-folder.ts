import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "../core/shell.js";
import type { OwnFolder } from "./terraform.js";

/**
 * Prefix of the folder's name. The folder is at the same depth in the checkout as cdktf.out, because the path of a local state is
 * relative.
 */
const prefix = "ops.out-";

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function removeAbandoned(): void {
  for (const name of readdirSync(".").filter((one) => one.startsWith(prefix)))
    if (!isRunning(Number(name.slice(prefix.length)))) rmSync(name, { recursive: true, force: true });
}

/**
 * Returns a folder into which only this process synthesizes, and which it removes at its end. So another `npm run synth`, a `git pull` or
 * an edit cannot change the inputs of its plans.
 * @param synth command that writes the stacks to `CDKTF_OUTDIR`
 */
export function ownFolder(
  synth: readonly [string, ...string[]] = ["npm", "run", "--silent", "synth"],
): Pick<OwnFolder, "stacks" | "synthesize"> {
  const folder = `${prefix}${process.pid}`;
  let synthesized: Promise<void> | undefined;
  const synthesize = async (): Promise<void> => {
    removeAbandoned();
    if (existsSync(folder)) rmSync(folder, { recursive: true });
    mkdirSync(folder, { mode: 0o700 });
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    const { ok, stdout, stderr } = await runToEnd(synth, {
      timeoutSeconds: 120,
      environment: { CDKTF_OUTDIR: folder },
    });
    if (!ok) throw new Error(`the configuration is rejected:\n${stderr || stdout}`);
  };
  return { stacks: join(folder, "stacks"), synthesize: () => (synthesized ??= synthesize()) };
}
