import { execa } from "execa";
import { expect, it } from "vitest";

/** Runs a command in a separate program. Returns its standard output, and its standard error with the exit code. */
async function ended(command: string, { reader = "cat", unfinished = "" } = {}) {
  const program = `import { runCommand } from "./command-line/run.ts"; void runCommand(${command}, ${unfinished || "undefined"});`;
  const node = [process.execPath, "--import", "tsx", "--input-type=module", "--eval", program];
  const shell = 'reader=$1; shift; { "$@"; echo "exit $?" >&2; } | $reader';
  const { stdout, stderr } = await execa("sh", ["-c", shell, "sh", reader, ...node]);
  return { stdout, stderr };
}

it("a failing command prints its error without a stack trace", async () => {
  const stderr = "no such server\nexit 1";
  expect(await ended('async () => { throw new Error("no such server"); }')).toEqual({ stdout: "", stderr });
});

it("a command ends with exit code 0 if the reader of its output closes the pipe", async () => {
  const endless = "async () => { for (;;) { console.log('line'); await new Promise(setImmediate); } }";
  expect(await ended(endless, { reader: "head -1" })).toEqual({ stdout: "line", stderr: "exit 0" });
});

it("if a process ends before its command has finished, the command prints the given message and the exit code is 1", async () => {
  for (const command of ["() => new Promise(() => undefined)", "async () => process.exit()"]) {
    const { stderr } = await ended(command, { unfinished: '"mend the file"' });
    expect(stderr).toMatch(/^mend the file\nexit 1$/);
  }
  expect(await ended("async () => undefined", { unfinished: '"mend the file"' })).toEqual({
    stdout: "",
    stderr: "exit 0",
  });
});
