import { PrimaryIp } from "@cdktf/provider-hcloud/lib/primary-ip";
import { Construct } from "constructs";
import type { Config, ServerConfig } from "../../config/schema.js";
import { serverLabels } from "../../derived/labels.js";

/** Properties of {@link PublicAddresses}. */
export interface PublicAddressesProps {
  readonly config: Config;
  readonly server: ServerConfig;
}

/** Creates the public IPv4 and IPv6 addresses of a server. The addresses are kept when the server is replaced. */
export class PublicAddresses extends Construct {
  readonly ipv4: PrimaryIp;
  /** Public IPv6 network with a /64 prefix. */
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
