import { TerraformOutput } from "cdktf";
import { expect, it } from "vitest";
import { SshHostKeys } from "../../../modules/credentials/ssh-host-keys.js";
import { exampleConfig } from "../../support/config.js";
import { resources, synthesize } from "../../support/synth.js";

const config = exampleConfig();

const synthesized = synthesize(config, (stack) => {
  const keys = new SshHostKeys(stack, "ssh-host-key", { config });
  new TerraformOutput(stack, "key", { value: keys.publicKeyOf("alpha") });
});

it("SshHostKeys contains an ed25519 key for each server", () => {
  expect(resources(synthesized, "tls_private_key")).toEqual({
    "ssh-host-key_alpha": { algorithm: "ED25519" },
    "ssh-host-key_bravo": { algorithm: "ED25519" },
    "ssh-host-key_charlie": { algorithm: "ED25519" },
  });
});

it("SshHostKeys outputs only the public keys", () => {
  expect(synthesized.output?.["key"]).toEqual({
    value: "${trimspace(tls_private_key.ssh-host-key_alpha.public_key_openssh)}",
  });
});

it("SshHostKeys throws an error for an unknown server", () => {
  expect(() => synthesize(config, (stack) => new SshHostKeys(stack, "ssh-host-key", { config }).of("nobody"))).toThrow(
    "no host key for nobody in production-test/ssh-host-key",
  );
});
