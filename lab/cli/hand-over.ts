import { execa } from "execa";

/** Runs a command on this terminal and returns its exit code as this process's exit code. */
export async function handOver([program, ...args]: readonly [string, ...string[]]): Promise<void> {
  const { exitCode } = await execa(program, args, { stdio: "inherit", reject: false });
  process.exitCode = exitCode ?? 1;
}
