import { execa } from "execa";
import { expect, it } from "vitest";

it("a command reads the environment's file and reports missing settings", async () => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, ["--import", "tsx", "ops/cli.ts", "status"], {
    env: { ENVIRONMENT: "example" },
    reject: false,
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toMatch(/^example: administrators\.cidrs is empty[^\n]*$/);
});
