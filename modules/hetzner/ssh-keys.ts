import { SshKey } from "@cdktf/provider-hcloud/lib/ssh-key";
import { Construct } from "constructs";
import type { Config } from "../config/schema.js";
import { labelsOf } from "../derived/labels.js";
import { literal } from "../terraform/literal.js";

/** Properties of {@link SshKeys}. */
export interface SshKeysProps {
  readonly config: Config;
}

/** Creates the administrators' public keys at Hetzner. A server gets the keys only when it is created or replaced. */
export class SshKeys extends Construct {
  /** SSH keys at Hetzner, in the order of the configuration. */
  readonly keys: readonly SshKey[];

  constructor(scope: Construct, id: string, { config }: SshKeysProps) {
    super(scope, id);
    this.keys = Object.entries(config.administrators.sshKeys).map(
      ([name, publicKey]) => new SshKey(this, name, { name, publicKey: literal(publicKey), labels: labelsOf(config) }),
    );
  }
}
