import { execa } from "execa";
import { expect, it } from "vitest";

it("a command of ops reads the environment's file and reports missing settings", async () => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, ["--import", "tsx", "ops/cli.ts", "status"], {
    env: { ENVIRONMENT: "example" },
    reject: false,
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toMatch(/^example: administrators\.cidrs is empty[^\n]*$/);
});

it.each(["deploy", "deploy --reviewed plan.json"])(
  "`npm run ops %s` is refused with a local state on a CI runner, where the state would be lost",
  async (words) => {
    const { exitCode, stderr } = await execa(process.execPath, ["--import", "tsx", "ops/cli.ts", ...words.split(" ")], {
      env: { ENVIRONMENT: "example", CI: "true" },
      reject: false,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^deploy: the state is a local file and would be lost with this runner; set backend to/);
  },
);
