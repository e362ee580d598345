import { execa } from "execa";
import { describe, expect, it } from "vitest";

/** Output and exit code of a program that runs the command. */
async function ended(command: string, { reader = "cat", unfinished = "" } = {}) {
  const program = `import { runCommand } from "./command-line/run.ts"; void runCommand(${command}, ${unfinished || "undefined"});`;
  const node = [process.execPath, "--import", "tsx", "--input-type=module", "--eval", program];
  const shell = 'reader=$1; shift; { "$@"; echo "exit $?" >&2; } | $reader';
  const { stdout, stderr } = await execa("sh", ["-c", shell, "sh", reader, ...node]);
  return { stdout, stderr };
}

describe("a command", () => {
  it("a failing command prints its error without a stack trace", async () => {
    const stderr = "no such server\nexit 1";
    expect(await ended('async () => { throw new Error("no such server"); }')).toEqual({ stdout: "", stderr });
  });

  it("a command ends with exit code 0 if the reader closes the pipe", async () => {
    const endless = "async () => { for (;;) { console.log('line'); await new Promise(setImmediate); } }";
    expect(await ended(endless, { reader: "head -1" })).toEqual({ stdout: "line", stderr: "exit 0" });
  });

  it("a command prints the message for unfinished commands if its process ends early", async () => {
    for (const command of ["() => new Promise(() => undefined)", "async () => process.exit()"]) {
      const { stderr } = await ended(command, { unfinished: '"mend the file"' });
      expect(stderr).toMatch(/^mend the file\nexit 1$/);
    }
    expect(await ended("async () => undefined", { unfinished: '"mend the file"' })).toEqual({
      stdout: "",
      stderr: "exit 0",
    });
  });
});
