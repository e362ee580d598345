import { execa } from "execa";
import { expect, it } from "vitest";

it("npm run ops reads the environment's file before a command and reports missing settings", async () => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, ["--import", "tsx", "ops/cli.ts", "status"], {
    env: { ENVIRONMENT: "example" },
    reject: false,
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toMatch(/^example: administrators\.cidrs is empty[^\n]*$/);
});

it.each(["deploy", "deploy --reviewed plan.json"])(
  "`npm run ops %s` is rejected on a CI runner if the Terraform state is local, because the runner would lose the state",
  async (words) => {
    const { exitCode, stderr } = await execa(process.execPath, ["--import", "tsx", "ops/cli.ts", ...words.split(" ")], {
      env: { ENVIRONMENT: "example", CI: "true" },
      reject: false,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^deploy: the state is a local file and would be lost with this runner; set backend to/);
  },
);
