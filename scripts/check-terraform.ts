import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Runs `terraform init` and `terraform validate` on every synthesized stack whose providers can be installed.
 * Reports stacks that could not be checked. With CI=true, a stack that could not be checked is a failure. With TERRAFORM_BINARY_NAME=tofu,
 * the script uses
 * OpenTofu.
 */
const terraform = process.env["TERRAFORM_BINARY_NAME"] ?? "terraform";
const folder = join("cdktf.out", "stacks");

interface Outcome {
  readonly stack: string;
  readonly result: "valid" | "invalid" | "not checked";
  readonly details: string;
}

function run(stack: string, ...args: readonly string[]): { readonly succeeded: boolean; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(terraform, [`-chdir=${join(folder, stack)}`, ...args, "-no-color"], {
    encoding: "utf8",
  });
  return { succeeded: status === 0, output: `${stdout}${stderr}`.trim() };
}

function check(stack: string): Outcome {
  // Without the backend, Terraform needs no state and no credentials.
  const init = run(stack, "init", "-input=false", "-backend=false");
  if (!init.succeeded) return { stack, result: "not checked", details: init.output };
  const validate = run(stack, "validate");
  return { stack, result: validate.succeeded ? "valid" : "invalid", details: validate.output };
}

function fail(words: string): never {
  console.error(words);
  process.exit(1);
}

if (!existsSync(folder)) fail(`${folder} is missing; run: npm run synth`);
if (spawnSync(terraform, ["version"]).error) fail(`${terraform} is not installed; NO stack was checked`);

const outcomes = readdirSync(folder).sort().map(check);
for (const { stack, result, details } of outcomes) {
  console.log(`${result.toUpperCase().padEnd(11)} ${stack}`);
  if (result !== "valid") console.error(details.replaceAll(/^/gm, "    "));
}
const unchecked = outcomes.filter(({ result }) => result === "not checked");
if (unchecked.length > 0)
  console.error(
    `NOT CHECKED: ${unchecked.map(({ stack }) => stack).join(", ")}; their providers could not be installed`,
  );
const failed =
  outcomes.some(({ result }) => result === "invalid") || (unchecked.length > 0 && process.env["CI"] === "true");
process.exitCode = failed ? 1 : 0;
