import { Network } from "@cdktf/provider-hcloud/lib/network";
import { NetworkSubnet } from "@cdktf/provider-hcloud/lib/network-subnet";
import { Token } from "cdktf";
import { Construct } from "constructs";
import type { Config } from "../../config/schema.js";
import { labelsOf } from "../../derived/labels.js";

/** Properties of {@link PrivateNetwork}. */
export interface PrivateNetworkProps {
  readonly config: Config;
}

/** Creates the private network and its only subnet. Hetzner's private networks are free and support only IPv4. */
export class PrivateNetwork extends Construct {
  readonly network: Network;
  /**
   * Subnet of the private network. Servers and load balancers refer to the subnet, so that Terraform creates the subnet
   * first.
   */
  readonly subnet: NetworkSubnet;

  constructor(scope: Construct, id: string, { config }: PrivateNetworkProps) {
    super(scope, id);
    this.network = new Network(this, "Default", {
      name: config.environment,
      ipRange: config.network.cidr,
      deleteProtection: config.protect,
      labels: labelsOf(config),
      lifecycle: { preventDestroy: config.protect },
    });
    this.subnet = new NetworkSubnet(this, "subnet", {
      networkId: Token.asNumber(this.network.id),
      type: "cloud",
      networkZone: config.network.zone,
      ipRange: config.network.subnet,
      lifecycle: { preventDestroy: config.protect },
    });
  }
}
