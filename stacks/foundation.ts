import { HcloudProvider } from "@cdktf/provider-hcloud/lib/provider";
import type { Construct } from "constructs";
import type { ServerConfig } from "../modules/config/schema.js";
import { ProviderFirewall } from "../modules/hetzner/provider-firewall.js";
import { PlacementGroups, PrivateNetwork, PublicAddresses } from "../modules/hetzner/network/index.js";
import { SshKeys } from "../modules/hetzner/ssh-keys.js";
import { DataVolume } from "../modules/hetzner/volume.js";
import { PlatformStack, type PlatformStackProps } from "./platform-stack.js";

/** Resources of one server that are kept when the server is replaced. */
export interface ServerFoundation {
  readonly firewall: ProviderFirewall;
  readonly addresses: PublicAddresses;
  /** Data volume. @default - none, as for servers that have only the role `web` */
  readonly data?: DataVolume;
}

/** Creates the resources that are kept when servers are replaced: network, addresses, firewalls, keys and data volumes. */
export class FoundationStack extends PlatformStack {
  /** Private network of the servers and the load balancer. */
  readonly privateNetwork: PrivateNetwork;
  /** Placement groups of the servers. */
  readonly placementGroups: PlacementGroups;
  /** SSH keys that Hetzner installs when it creates a server. */
  readonly sshKeys: SshKeys;
  private readonly servers: ReadonlyMap<string, ServerFoundation>;

  constructor(scope: Construct, { config }: PlatformStackProps) {
    super(scope, "foundation", { config });
    new HcloudProvider(this, "hcloud");
    this.privateNetwork = new PrivateNetwork(this, "network", { config });
    this.placementGroups = new PlacementGroups(this, "placement", { config });
    this.sshKeys = new SshKeys(this, "administrators", { config });
    this.servers = new Map(
      config.servers.map((server) => [
        server.name,
        {
          firewall: new ProviderFirewall(this, `${server.name}_firewall`, { config, server }),
          addresses: new PublicAddresses(this, `${server.name}_address`, { config, server }),
          data: server.roles.includes("database")
            ? new DataVolume(this, `${server.name}_data`, { config, server })
            : undefined,
        },
      ]),
    );
  }

  /** Returns the resources of a configured server. @throws Error if the server is not in the configuration */
  of(server: ServerConfig): ServerFoundation {
    const foundation = this.servers.get(server.name);
    if (!foundation) throw new Error(`server ${server.name} is not in ${this.node.id}`);
    return foundation;
  }
}
