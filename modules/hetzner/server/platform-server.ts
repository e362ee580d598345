import type { Firewall } from "@cdktf/provider-hcloud/lib/firewall";
import type { NetworkSubnet } from "@cdktf/provider-hcloud/lib/network-subnet";
import type { PlacementGroup } from "@cdktf/provider-hcloud/lib/placement-group";
import { Server } from "@cdktf/provider-hcloud/lib/server";
import type { SshKey } from "@cdktf/provider-hcloud/lib/ssh-key";
import type { Volume } from "@cdktf/provider-hcloud/lib/volume";
import { VolumeAttachment } from "@cdktf/provider-hcloud/lib/volume-attachment";
import { TerraformLocal, Token } from "cdktf";
import { Construct } from "constructs";
import type { Config, ServerConfig } from "../../config/schema.js";
import { agreement } from "../../config/agreement.js";
import { serverLabels } from "../../config/labels.js";
import type { PublicAddresses } from "../network/index.js";
import { maximumBytes, payloadHash, secretParts, serverUserData } from "../../machine/compose/index.js";
import { serverImage } from "../../platform/hetzner-offers.js";
import { secretFilesOf } from "../../config/secrets.js";
import type { SecretLabels } from "./secret-labels.js";
import { TerraformSecrets, type SecretReferences, type SharedUserData } from "./terraform-secrets.js";

/** Properties of {@link PlatformServer}. */
export interface PlatformServerProps {
  /** The environment. */
  readonly config: Config;
  /** What the configuration says of this server. */
  readonly server: ServerConfig;
  /** Subnet that it joins, with its fixed private address. */
  readonly subnet: NetworkSubnet;
  /** Spread placement group that it is created in. */
  readonly placementGroup: PlacementGroup;
  /** Its provider firewall. */
  readonly firewall: Firewall;
  /** Its public addresses, which outlive it. */
  readonly addresses: PublicAddresses;
  /** Keys that it takes when it is created. */
  readonly sshKeys: readonly SshKey[];
  /** Data volume of a database member. @default - none, as for servers with the role web alone */
  readonly volume?: Volume;
  /** What the user data of servers with its roles has in common. */
  readonly shared: SharedUserData;
  /** Secrets that no other server has. */
  readonly ownSecrets: SecretReferences;
  /** What says which secrets it was made with. */
  readonly secretLabels: SecretLabels;
}

/**
 * Attributes that count only when a server is made. A later change of them is ignored, since Terraform would carry it out on all servers at
 * once. `location` is not among them: volumes and addresses cannot follow, so a plan that would move servers must be seen.
 */
const decidedAtCreation = [
  // A change builds the server anew.
  "user_data",
  "ssh_keys",
  "image",
  // A change powers the server off.
  "server_type",
  // A change takes the server out of the network whose address its payload knows.
  "network",
  // Cannot change while the server runs.
  "placement_group_id",
  // Say what the server was made with and for, so that plans can compare.
  'labels["payload"]',
  'labels["balancer"]',
];

/**
 * Hetzner rejects longer user data when it creates the server, after the old server was destroyed. The policy payload-fits only knows
 * estimated lengths of secrets; Terraform knows them at plan time. It counts characters, so the length is taken from base64.
 */
const fitsHetzner = ({ name }: ServerConfig, userData: TerraformLocal) => ({
  condition: `\${length(base64encode(${userData.fqn})) <= ${4 * Math.floor(maximumBytes / 3)}}`,
  errorMessage:
    `User data of ${name}: must be at most ${maximumBytes} bytes, because Hetzner rejects more. Nothing was changed. ` +
    "Shorten the longest secrets (see application.secrets and payload-fits in the review).",
});

/**
 * One server: Debian 13, both address families, in the private network with a fixed address, in its firewall and its spread group.
 * The label `payload` is the hash of the payload it was created with, see outdated.ts; the label `balancer` is what that payload
 * expects of the balancer, see modules/config/agreement.ts.
 */
export class PlatformServer extends Construct {
  /** The server at Hetzner. */
  readonly server: Server;
  /** What the configuration says of it. */
  readonly config: ServerConfig;
  /** Hash of the payload that the configuration asks for now. */
  readonly payloadHash: string;

  constructor(scope: Construct, id: string, props: PlatformServerProps) {
    super(scope, id);
    const { config, server, subnet, placementGroup, firewall, addresses, sshKeys, volume, secretLabels } = props;
    const madeWith = secretLabels.of(server);
    // As a local, because its length is checked too.
    const userData = new TerraformLocal(this, "user_data", this.userData(props));
    this.config = server;
    this.payloadHash = payloadHash(config, server);
    this.server = new Server(this, "Default", {
      name: server.name,
      serverType: server.type,
      image: serverImage,
      location: server.location,
      placementGroupId: Token.asNumber(placementGroup.id),
      firewallIds: [Token.asNumber(firewall.id)],
      sshKeys: sshKeys.map((key) => key.id),
      publicNet: [
        {
          ipv4Enabled: true,
          ipv4: Token.asNumber(addresses.ipv4.id),
          ipv6Enabled: true,
          ipv6: Token.asNumber(addresses.ipv6.id),
        },
      ],
      // Without the empty list, every plan shows an update.
      network: [{ subnetId: subnet.id, ip: server.privateIp, aliasIps: [] }],
      backups: config.backups,
      // Hetzner takes these two only with the same value. `shutdown_before_deletion` stays off: the provider would shut a server down that
      // Hetzner then refuses to delete, and whoever replaces or removes one has shut it down in order before.
      deleteProtection: config.protect,
      rebuildProtection: config.protect,
      userData: userData.asString,
      labels: { ...serverLabels(config, server), payload: this.payloadHash, balancer: agreement(config), ...madeWith },
      lifecycle: {
        ignoreChanges: [...decidedAtCreation, ...Object.keys(madeWith).map((label) => `labels["${label}"]`)],
        preventDestroy: config.protect,
        precondition: [fitsHetzner(server, userData)],
      },
    });
    if (volume)
      new VolumeAttachment(this, "data", {
        serverId: Token.asNumber(this.server.id),
        volumeId: Token.asNumber(volume.id),
        // The payload mounts it, by label and under its own path.
        automount: false,
      });
  }

  private userData({ config, server, shared, ownSecrets }: PlatformServerProps): string {
    const { cloudConfig, secrets } = shared.of(server.roles);
    const source = new TerraformSecrets(this, "secret", { references: ownSecrets });
    const own = secretParts(secretFilesOf(config, server).own, source);
    return serverUserData({ config, server, shared: cloudConfig, secrets: [...secrets, ...own] });
  }
}
