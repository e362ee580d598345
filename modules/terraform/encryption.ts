import { TerraformVariable, type TerraformStack } from "cdktf";
import type { Config } from "../config/schema.js";
import type { Problem } from "../config/problem.js";

/**
 * Names of OpenTofu's encryption methods. OpenTofu derives a key from a passphrase (PBKDF2) and uses it with AES-GCM.
 * In JSON, OpenTofu expects the name of a method without quotes.
 */
const encrypted = "method.aes_gcm.state";
const encryptedBefore = "method.aes_gcm.previous";
const plain = "method.unencrypted.plain";

/** Defines for each step in which format OpenTofu writes the state, and which other formats it can read. */
const steps = {
  enforced: { method: encrypted, enforced: true },
  begin: { method: encrypted, fallback: { method: plain } },
  "change-passphrase": { method: encrypted, enforced: true, fallback: { method: encryptedBefore } },
  end: { method: plain, fallback: { method: encrypted } },
} as const;

/**
 * Returns a Terraform reference to a passphrase from an environment variable, so that the JSON never contains the
 * passphrase.
 */
function passphrase(stack: TerraformStack, name: string, description: string): string {
  const variable = new TerraformVariable(stack, name, { type: "string", sensitive: true, description });
  return variable.stringValue;
}

/**
 * Encrypts the state of a stack and decrypts the states of other stacks, according to `backend.encryption`. The
 * function uses an override, because Terraform cannot encrypt states and cdktf has no such block. {@link
 * encryptionProblems} rejects Terraform before this function runs.
 */
export function encryptState(stack: TerraformStack, { backend: { encryption } }: Config): void {
  if (encryption === undefined) return;
  /**
   * Returns the name under which a state stores how its encryption key was derived. Each passphrase needs its own name,
   * because OpenTofu would otherwise confuse two passphrases.
   */
  const alias = (generation: number): string => `passphrase-${generation}`;
  const keys: Record<string, object> = {
    state: {
      passphrase: passphrase(stack, "state_passphrase", "Encrypts state and plans; at least 16 characters"),
      encrypted_metadata_alias: alias(encryption.generation),
    },
  };
  const methods: Record<string, object> = { state: { keys: "${key_provider.pbkdf2.state}" } };
  if (encryption.step === "change-passphrase") {
    keys["previous"] = {
      passphrase: passphrase(stack, "previous_state_passphrase", "Previous passphrase of the state"),
      encrypted_metadata_alias: alias(encryption.generation - 1),
    };
    methods["previous"] = { keys: "${key_provider.pbkdf2.previous}" };
  }
  const readsPlain = encryption.step === "begin" || encryption.step === "end";
  const { enforced, ...step } = { enforced: undefined, ...steps[encryption.step] };
  stack.addOverride("terraform.encryption", {
    key_provider: { pbkdf2: keys },
    method: { aes_gcm: methods, ...(readsPlain && { unencrypted: { plain: {} } }) },
    state: { ...step, ...(enforced && { enforced }) },
    plan: { ...step, ...(enforced && { enforced }) },
    remote_state_data_sources: { default: step },
  });
}

/** Returns the reasons why this Terraform program cannot encrypt the state as configured. */
export function encryptionProblems({ backend }: Pick<Config, "backend">, binary: string): readonly Problem[] {
  if (backend.encryption === undefined || /tofu[^/]*$/.test(binary)) return [];
  return [
    {
      path: "backend.encryption",
      rule: "must be synthesized for OpenTofu, because Terraform has no state encryption",
      got: binary,
      fix: "set TERRAFORM_BINARY_NAME=tofu; if you use Terraform, remove the setting and export AWS_SSE_CUSTOMER_KEY, so that the bucket encrypts the state (docs/state.md)",
    },
  ];
}
