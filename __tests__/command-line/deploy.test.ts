import { execa } from "execa";
import { expect, it } from "vitest";

it("`npm run deploy` runs `npm run ops deploy`, which destroys only resources of a reviewed plan", async () => {
  const { stdout } = await execa("npm", ["run", "--silent", "deploy", "--", "--help"]);
  expect(stdout).toMatch(/^Usage: npm run ops deploy [^]*--reviewed <file>/);
});
