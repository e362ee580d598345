import { execa } from "execa";
import { expect, it } from "vitest";

const ops = async (...args: readonly string[]) => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, ["--import", "tsx", "ops/cli.ts", ...args], {
    env: { ENVIRONMENT: "example" },
    reject: false,
  });
  return { exitCode, stdout, stderr };
};

it("a command reads the environment's file and says in words what is missing, also from a bundle that was kept", async () => {
  for (let run = 0; run < 2; run++)
    expect(await ops("status")).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(/^example: administrators\.cidrs is empty[^\n]*$/) as string,
    });
});
