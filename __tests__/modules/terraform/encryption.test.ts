import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Testing } from "cdktf";
import { describe, expect, it } from "vitest";
import { encryptionProblems } from "../../../modules/terraform/encryption.js";
import { addStacks } from "../../../stacks/index.js";
import { exampleConfig } from "../../support/config.js";
import { temporaryFolder } from "../../support/payload-files.js";
import { parse, synthesize, type Synthesized } from "../../support/synth.js";
import { hasOptionalTool } from "../../support/tools.js";

type Step = "enforced" | "begin" | "change-passphrase" | "end";

const configFor = (step?: Step, generation = 1) =>
  exampleConfig({
    backend: { type: "local", acceptLocalState: true, ...(step && { encryption: { step, generation } }) },
  });

describe("state encryption", () => {
  it("a new passphrase for the Terraform state requires a new generation, because otherwise both passphrases would have the same name", () => {
    expect(() => configFor("change-passphrase", 1)).toThrow(
      "backend.encryption.generation: must be raised if the passphrase changes",
    );
  });

  it("state encryption is rejected with an instruction if Terraform is used instead of OpenTofu", () => {
    expect(encryptionProblems(configFor("enforced"), "/usr/local/bin/tofu")).toEqual([]);
    expect(encryptionProblems(configFor(), "terraform")).toEqual([]);
    const [problem] = encryptionProblems(configFor("enforced"), "terraform");
    expect(problem?.fix).toContain("TERRAFORM_BINARY_NAME=tofu");
    expect(problem?.fix).toContain("AWS_SSE_CUSTOMER_KEY");
  });

  it.each([
    ["enforced", { method: "method.aes_gcm.state", enforced: true }],
    ["begin", { method: "method.aes_gcm.state", fallback: { method: "method.unencrypted.plain" } }],
    [
      "change-passphrase",
      { method: "method.aes_gcm.state", enforced: true, fallback: { method: "method.aes_gcm.previous" } },
    ],
    ["end", { method: "method.unencrypted.plain", fallback: { method: "method.aes_gcm.state" } }],
  ] as const)("Terraform plans are encrypted like states in the encryption step %s", (step, expected) => {
    const { terraform } = synthesize(configFor(step, 2), () => undefined);
    expect((terraform as { encryption?: object }).encryption).toMatchObject({ state: expected, plan: expected });
  });

  it("stacks without state encryption contain no encryption block, because Terraform rejects the block", () => {
    expect(synthesize(configFor(), () => undefined).terraform).not.toHaveProperty("encryption");
  });
});

/**
 * Writes the stacks of an environment in a form that OpenTofu can apply without a provider. Each stack has its original state, encryption
 * and remote states. One resource replaces all resources, and outputs are constants.
 */
function standIns(step: Step | undefined, folder: string, generation: number): readonly string[] {
  const app = Testing.app({ outdir: join(folder, "synthesized") });
  addStacks(app, configFor(step, generation));
  app.synth();
  const names = ["foundation", "credentials", "servers", "edge", "monitoring"].map((name) => `production-${name}`);
  return names.map((name) => {
    const from = join(folder, "synthesized", "stacks", name, "cdk.tf.json");
    const stack = parse(readFileSync(from, "utf8")) as Synthesized & { data?: { terraform_remote_state?: object } };
    const terraform = { ...stack.terraform, required_providers: undefined };
    const reads = Object.keys(stack.data?.terraform_remote_state ?? {});
    const place = join(folder, "cdktf.out", "stacks", name);
    mkdirSync(place, { recursive: true });
    writeFileSync(
      join(place, "cdk.tf.json"),
      JSON.stringify({
        terraform,
        variable: stack.variable,
        data: reads.length > 0 ? { terraform_remote_state: stack.data?.terraform_remote_state } : undefined,
        resource: {
          terraform_data: {
            stand_in: {
              input: [
                "a secret of this stack",
                ...reads.map((read) => `\${data.terraform_remote_state.${read}.outputs}`),
              ],
            },
          },
        },
        output: { said: { value: "a secret of this stack", sensitive: true } },
      }),
    );
    return place;
  });
}

describe.runIf(hasOptionalTool("tofu", "state encryption by the real OpenTofu"))("state encryption by OpenTofu", () => {
  const first = "a passphrase of the test";
  const second = "another one of the test";

  /** Applies all stacks in order. @returns the output of the first command that failed */
  function apply(folder: string, step: Step | undefined, variables: Record<string, string>, generation = 1): string {
    for (const place of standIns(step, folder, generation))
      for (const args of [["init"], ["apply", "-auto-approve"]]) {
        const { status, stdout, stderr } = spawnSync(
          "tofu",
          [`-chdir=${place}`, ...args, "-input=false", "-no-color"],
          {
            encoding: "utf8",
            env: { ...process.env, ...variables },
          },
        );
        if (status !== 0) return `${args[0]} ${place}\n${stdout}${stderr}`;
      }
    return "";
  }
  const states = (folder: string): string =>
    ["foundation", "credentials", "servers", "edge", "monitoring"]
      .map((name) => readFileSync(join(folder, "state", `production-${name}.tfstate`), "utf8"))
      .join("");

  it("OpenTofu encrypts five stacks, changes the passphrase and decrypts the stacks; with enforcement it rejects unencrypted states", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "state"));
    const passphrase = { TF_VAR_state_passphrase: first };
    const next = { TF_VAR_state_passphrase: second, TF_VAR_previous_state_passphrase: first };

    expect(apply(folder, undefined, {})).toBe("");
    expect(states(folder)).toContain("a secret of this stack");
    expect(apply(folder, "enforced", passphrase)).toMatch(/encrypt/i);

    expect(apply(folder, "begin", passphrase)).toBe("");
    expect(states(folder)).not.toContain("a secret of this stack");
    expect(apply(folder, "enforced", passphrase)).toBe("");
    expect(apply(folder, "enforced", { TF_VAR_state_passphrase: second })).toMatch(/decrypt/i);

    expect(apply(folder, "change-passphrase", next, 2)).toBe("");
    expect(apply(folder, "enforced", { TF_VAR_state_passphrase: second }, 2)).toBe("");

    expect(apply(folder, "end", { TF_VAR_state_passphrase: second }, 2)).toBe("");
    expect(apply(folder, undefined, {})).toBe("");
    expect(states(folder)).toContain("a secret of this stack");
    expect(existsSync(join(folder, "state", "errored.tfstate"))).toBe(false);
  }, 240_000);
});
