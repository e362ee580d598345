import { execa } from "execa";

/** Runs a command with this terminal as its own and ends with its exit code. */
export async function handOver([program, ...args]: readonly [string, ...string[]]): Promise<void> {
  const { exitCode } = await execa(program, args, { stdio: "inherit", reject: false });
  process.exitCode = exitCode ?? 1;
}
