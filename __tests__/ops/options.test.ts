import { execa } from "execa";
import { expect, it } from "vitest";

/** Runs a command like `npm run ops rollout --dry-run`. npm consumes the option, because the double dash is missing. */
const ops = async (...args: readonly string[]) => {
  const { stderr } = await execa(process.execPath, ["--import", "tsx", "ops/cli.ts", ...args], {
    env: { ENVIRONMENT: "example", npm_config_dry_run: "true" },
    reject: false,
  });
  return stderr;
};

it("if npm consumes the option --dry-run of npm run ops rollout, the command stops with an instruction instead of a real rollout", async () => {
  expect(await ops("rollout", "alpha")).toBe(
    "rollout: npm consumed --dry-run; put it after --: npm run ops -- rollout --dry-run",
  );
});

it("npm run ops ignores an option that npm consumes if the command lacks the option or also received the option itself", async () => {
  for (const args of [["failover"], ["rollout", "--dry-run"]])
    expect(await ops(...args)).toMatch(/^example: administrators\.cidrs is empty/);
});

it.each([
  [["rollout", "--patience", "Infinity"], "must be a number of minutes above 0, at most 1440"],
  [["rollout", "--patience", "0x10"], "must be a number of minutes above 0, at most 1440"],
  [["restore", "--at", "yesterday"], "write it as 2026-12-01T20:00:00Z, latest, or UUID:NUMBER"],
])("npm run ops rejects the option value %j and prints the rule for the value", async (args, rule) => {
  expect(await ops(...args)).toContain(rule);
});
