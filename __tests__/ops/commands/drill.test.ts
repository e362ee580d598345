import { delimiter } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { drill } from "../../../ops/commands/drill.js";
import { exampleBackup, exampleConfig } from "../../support/config.js";
import { temporaryFolder, writeBelow } from "../../support/payload-files.js";
import { limits } from "../support/instantly.js";

const config = exampleConfig({ backup: exampleBackup });

/** Runs the drill command on a machine with this version of MySQL. `good` is the result of the archive program. */
async function tried({ version = "9.7.4", good = true, key = "AGE-SECRET-KEY-1X", user = 0, of = config } = {}) {
  const folder = temporaryFolder();
  const said = vi.spyOn(console, "log").mockReturnValue(undefined);
  const who = vi.spyOn(process, "getuid").mockReturnValue(user);
  vi.stubEnv("PATH", [`${folder}/bin`, process.env["PATH"]].join(delimiter));
  vi.stubEnv("DRILL_PRIVATE_KEY", key);
  vi.stubEnv("TF_VAR_restore_bucket_key", "key:secret");
  onTestFinished(() => {
    vi.unstubAllEnvs();
    for (const spy of [said, who]) spy.mockRestore();
  });
  const program = (name: string, body: string) => ({
    path: `bin/${name}`,
    permissions: "0755",
    content: `#!/bin/sh\n${body}\n`,
  });
  writeBelow(folder, [
    program("mysqld", `echo "mysqld  Ver ${version} for Linux"`),
    program("python3", `cat >/dev/null; echo '{"good": ${good}}'`),
  ]);
  return { code: await drill(of), said: said.mock.calls.flat().join("\n") };
}

describe("a restore drill", () => {
  it("npm run ops drill, which tests a restore, prints its result and exits with 0 only if the restored data are correct", async () => {
    expect(await tried()).toEqual({ code: 0, said: '{\n  "good": true\n}' });
    expect(await tried({ good: false })).toMatchObject({ code: 1 });
  });

  it("the time limit of a restore drill is at least four hours", async () => {
    const given = limits();
    await tried();
    expect(given.at(-1)).toBeGreaterThanOrEqual(4 * 3600);
  });

  it("npm run ops drill does nothing and exits with 0 if no backup is configured", async () => {
    expect(await tried({ of: exampleConfig() })).toEqual({
      code: 0,
      said: "production: backup is not set, so there is nothing to restore",
    });
  });

  it.each([
    ["a user other than root", { user: 1000 }, /^drill: must run as root/],
    ["an invalid private key", { key: "age1public" }, /^DRILL_PRIVATE_KEY must be the private key/],
    [
      "MySQL of another release series",
      { version: "8.4.6" },
      /^mysqld of the series 9\.7 must be installed on this machine/,
    ],
    ["MySQL of a release series with the same prefix", { version: "9.70.1" }, /^mysqld of the series 9\.7 must be/],
  ])("npm run ops drill rejects %s", async (_, machine, words) => {
    await expect(tried(machine)).rejects.toThrow(words);
  });
});
