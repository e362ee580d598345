import { PrivateKey } from "@cdktf/provider-tls/lib/private-key/index.js";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import type { Config } from "../config/schema.js";

/** Properties of {@link SshHostKeys}. */
export interface SshHostKeysProps {
  /** The environment. Each of its servers gets a key. */
  readonly config: Config;
}

/**
 * One SSH host key for each server, which proves the server's identity at a login. It is created here and not on the server, so that it is
 * known before the first login and stays the same when the server is replaced. No client has to trust an unknown key.
 */
export class SshHostKeys extends Construct {
  private readonly keys: ReadonlyMap<string, PrivateKey>;

  constructor(scope: Construct, id: string, { config }: SshHostKeysProps) {
    super(scope, id);
    // Their PEM is PKCS#8, which OpenSSH reads since version 9.6. It is a third as long as OpenSSH's own format.
    this.keys = new Map(config.servers.map(({ name }) => [name, new PrivateKey(this, name, { algorithm: "ED25519" })]));
  }

  /** Public key of a server, without a comment. */
  publicKeyOf(serverName: string): string {
    return Fn.trimspace(this.of(serverName).publicKeyOpenssh);
  }

  /** Key of a configured server. @throws Error for an unknown server */
  of(serverName: string): PrivateKey {
    const key = this.keys.get(serverName);
    if (!key) throw new Error(`no host key for ${serverName} in ${this.node.path}`);
    return key;
  }
}
