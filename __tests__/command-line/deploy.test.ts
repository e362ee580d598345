import { execa } from "execa";
import { expect, it } from "vitest";

it("`npm run deploy` runs the deploy command of ops, which destroys only reviewed resources", async () => {
  const { stdout } = await execa("npm", ["run", "--silent", "deploy", "--", "--help"]);
  expect(stdout).toMatch(/^Usage: npm run ops deploy [^]*--reviewed <file>/);
});
