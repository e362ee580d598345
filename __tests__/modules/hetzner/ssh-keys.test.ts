import { expect, it } from "vitest";
import type { Config } from "../../../modules/config/schema.js";
import { SshKeys } from "../../../modules/hetzner/ssh-keys.js";
import { exampleConfig } from "../../support/config.js";
import { resources, synthesize } from "../../support/synth.js";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJj8pTqGz1bq3SG7C0nb1hnUjZ9X1Y7Fdx4u3q9xZ1aB ada";
const keys = (config: Config) =>
  resources(
    synthesize(config, (stack) => new SshKeys(stack, "administrators", { config })),
    "hcloud_ssh_key",
  );

it("by default, no SSH keys are uploaded", () => {
  expect(keys(exampleConfig())).toEqual({});
});

it("SSH keys are uploaded under the configured names", () => {
  expect(keys(exampleConfig({ administrators: { sshKeys: { ada: key } } }))).toEqual({
    administrators_ada: {
      name: "ada",
      public_key: key,
      labels: { environment: "production", "managed-by": "cdktf" },
    },
  });
});

it("a comment of an SSH key is escaped if Terraform would read it as a template", () => {
  const comment = exampleConfig({ administrators: { sshKeys: { ada: `${key}@\${HOSTNAME}` } } });
  expect(keys(comment)["administrators_ada"]?.["public_key"]).toBe(`${key}@$\${HOSTNAME}`);
});
