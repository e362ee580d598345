import { execa } from "execa";

/** Runs a command on this terminal and sets this process's exit code to the command's exit code. */
export async function handOver([program, ...args]: readonly [string, ...string[]]): Promise<void> {
  const { exitCode } = await execa(program, args, { stdio: "inherit", reject: false });
  process.exitCode = exitCode ?? 1;
}
