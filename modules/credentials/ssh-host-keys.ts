import { PrivateKey } from "@cdktf/provider-tls/lib/private-key/index.js";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import type { Config } from "../config/schema.js";

/** Properties of {@link SshHostKeys}. */
export interface SshHostKeysProps {
  /** Configuration of the environment. Each of its servers gets a key. */
  readonly config: Config;
}

/**
 * Creates one SSH host key for each server, which proves the server's identity at a login. Terraform creates the key
 * instead of the server, so that clients know the key before the first login and never trust an unknown key. The key
 * stays the same when the server is replaced.
 */
export class SshHostKeys extends Construct {
  private readonly keys: ReadonlyMap<string, PrivateKey>;

  constructor(scope: Construct, id: string, { config }: SshHostKeysProps) {
    super(scope, id);
    // The keys are in PKCS#8 format, which OpenSSH supports since version 9.6. A PKCS#8 key has a third of the length
    // of a key in OpenSSH's own format.
    this.keys = new Map(config.servers.map(({ name }) => [name, new PrivateKey(this, name, { algorithm: "ED25519" })]));
  }

  /** Returns the public key of a server, without a comment. */
  publicKeyOf(serverName: string): string {
    return Fn.trimspace(this.of(serverName).publicKeyOpenssh);
  }

  /** Returns the key of a configured server. @throws Error if the server is unknown */
  of(serverName: string): PrivateKey {
    const key = this.keys.get(serverName);
    if (!key) throw new Error(`no host key for ${serverName} in ${this.node.path}`);
    return key;
  }
}
