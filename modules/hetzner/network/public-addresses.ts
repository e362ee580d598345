import { PrimaryIp } from "@cdktf/provider-hcloud/lib/primary-ip";
import { Construct } from "constructs";
import type { Config, ServerConfig } from "../../config/schema.js";
import { serverLabels } from "../../derived/labels.js";

/** Properties of {@link PublicAddresses}. */
export interface PublicAddressesProps {
  /** The environment. */
  readonly config: Config;
  /** Server that the addresses are for. */
  readonly server: ServerConfig;
}

/** A server's public IPv4 and IPv6 address. They outlive the server, so a replaced one keeps them. */
export class PublicAddresses extends Construct {
  /** One IPv4 address. */
  readonly ipv4: PrimaryIp;
  /** One IPv6 network of 64 bits. */
  readonly ipv6: PrimaryIp;

  constructor(scope: Construct, id: string, { config, server }: PublicAddressesProps) {
    super(scope, id);
    const address = (type: "ipv4" | "ipv6"): PrimaryIp =>
      new PrimaryIp(this, type, {
        name: `${config.environment}-${server.name}-${type}`,
        type,
        location: server.location,
        autoDelete: false,
        deleteProtection: config.protect,
        labels: serverLabels(config, server),
        lifecycle: { preventDestroy: config.protect },
      });
    this.ipv4 = address("ipv4");
    this.ipv6 = address("ipv6");
  }
}
