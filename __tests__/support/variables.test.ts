import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { summary } from "./run.js";
import { harmful } from "./variables.js";

it("tests run without the owner's tokens, keys, SSH agent, environment and npm settings", () => {
  const names = [
    ...["HCLOUD_TOKEN", "HCLOUD_ENDPOINT", "CLOUDFLARE_API_TOKEN", "DD_API_KEY", "DD_APP_KEY", "AWS_ACCESS_KEY_ID"],
    ...["AWS_PROFILE", "TF_VAR_datadog_api_key", "BACKUP_OWNER_KEY", "DRILL_PRIVATE_KEY", "SSH_AUTH_SOCK"],
    ...["NODE_AUTH_TOKEN", "GITHUB_TOKEN", "ENVIRONMENT", "USER", "npm_config_dry_run", "npm_config_registry"],
  ];
  expect(harmful(Object.fromEntries(names.map((name) => [name, "value"])))).toEqual(names);
  expect(harmful({ PATH: "/bin", TMPDIR: "/tmp", CI: "true", VITEST_POOL_ID: "1" })).toEqual([]);
});

it("a program that a test starts gets only harmless variables and the variables that the tests set", () => {
  const { stdout } = spawnSync(process.execPath, ["--print", "JSON.stringify(process.env)"], { encoding: "utf8" });
  const variables = JSON.parse(stdout) as NodeJS.ProcessEnv;
  expect([...harmful(variables)].sort()).toEqual(["ENVIRONMENTS_FOLDER", "HOME"]);
});

it("the report of skipped tests lists each missing tool once, with everything that the tool would check", () => {
  const lines = [
    { what: "the ports", reason: "nginx is not installed" },
    { what: "the user", reason: "it requires root" },
    { what: "the headers", reason: "nginx is not installed" },
    { what: "the ports", reason: "nginx is not installed" },
  ];
  expect(summary(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))).toBe(
    "NOT CHECKED: it requires root: the user\nNOT CHECKED: nginx is not installed: the headers; the ports\n",
  );
});
