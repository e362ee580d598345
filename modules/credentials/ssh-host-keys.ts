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
 * One SSH host key for each server, by which it proves its identity at a login. It is made here and not by the server, so that it is known
 * before the first login and stays the same when the server is replaced: nobody has to trust a key because it is the first one seen.
 */
export class SshHostKeys extends Construct {
  private readonly keys: ReadonlyMap<string, PrivateKey>;

  constructor(scope: Construct, id: string, { config }: SshHostKeysProps) {
    super(scope, id);
    // Their PEM is PKCS#8, which OpenSSH reads from 9.6 on and which is a third of OpenSSH's own format.
    this.keys = new Map(config.servers.map(({ name }) => [name, new PrivateKey(this, name, { algorithm: "ED25519" })]));
  }

  /** Public key of a server, without a comment. */
  publicKeyOf(serverName: string): string {
    return Fn.trimspace(this.of(serverName).publicKeyOpenssh);
  }

  /** Key of a server of the configuration. @throws Error for another server */
  of(serverName: string): PrivateKey {
    const key = this.keys.get(serverName);
    if (!key) throw new Error(`no host key for ${serverName} in ${this.node.path}`);
    return key;
  }
}
