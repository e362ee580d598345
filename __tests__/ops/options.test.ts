import { execa } from "execa";
import { describe, expect, it } from "vitest";

/** As npm runs it where `npm run ops rollout --dry-run` was written: without the double dash npm keeps the option. */
const ops = async (...args: readonly string[]) => {
  const { stderr } = await execa(process.execPath, ["--import", "tsx", "ops/cli.ts", ...args], {
    env: { ENVIRONMENT: "example", npm_config_dry_run: "true" },
    reject: false,
  });
  return stderr;
};

describe("an option that npm took for its own", () => {
  it("is no rollout in earnest", async () => {
    expect(await ops("rollout", "alpha")).toBe(
      "rollout: npm has taken --dry-run for itself; write it behind the double dash: npm run ops -- rollout --dry-run",
    );
  });

  it("is none of a command that has no such option, nor where it was given to both", async () => {
    for (const args of [["failover"], ["rollout", "--dry-run"]])
      expect(await ops(...args)).toMatch(/^example: administrators\.cidrs is empty/);
  });
});
