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
import { agreement } from "../../derived/agreement.js";
import { serverLabels } from "../../derived/labels.js";
import type { PublicAddresses } from "../network/index.js";
import { maximumBytes, payloadHash, secretParts, serverUserData } from "../../machine/compose/index.js";
import { serverImage } from "../../platform/hetzner-offers.js";
import { secretFilesOf } from "../../derived/secrets.js";
import type { SecretLabels } from "./secret-labels.js";
import { TerraformSecrets, type SecretReferences, type SharedUserData } from "./terraform-secrets.js";

/** Properties of {@link PlatformServer}. */
export interface PlatformServerProps {
  readonly config: Config;
  /** Configuration of this server. */
  readonly server: ServerConfig;
  /** Subnet that the server joins with its fixed private address. */
  readonly subnet: NetworkSubnet;
  /** Spread placement group of the server. */
  readonly placementGroup: PlacementGroup;
  /** Provider firewall of the server. */
  readonly firewall: Firewall;
  /** Public addresses of the server. The addresses are kept when the server is replaced. */
  readonly addresses: PublicAddresses;
  /** SSH keys that Hetzner installs when it creates the server. */
  readonly sshKeys: readonly SshKey[];
  /** Data volume of a database member. @default - none, as for servers that have only the role `web` */
  readonly volume?: Volume;
  /** Parts of the user data that all servers with the same roles share. */
  readonly shared: SharedUserData;
  /** Secrets of this server only. */
  readonly ownSecrets: SecretReferences;
  /** Labels that identify the secrets with which the server was created. */
  readonly secretLabels: SecretLabels;
}

/**
 * Attributes that are needed only when a server is created. Terraform ignores later changes of these attributes,
 * because it would apply them to all servers at once. `location` is not in the list, because a plan must show that a
 * server would move. Volumes and addresses cannot move.
 */
const decidedAtCreation = [
  // A change of these attributes replaces the server.
  "user_data",
  "ssh_keys",
  "image",
  // A change of this attribute powers the server off.
  "server_type",
  // A change of this attribute detaches the server from the private network, but the server's payload contains its
  // private address.
  "network",
  // This attribute cannot change while the server runs.
  "placement_group_id",
  // These labels identify the inputs with which the server was created, so that plans can compare them.
  'labels["payload"]',
  'labels["balancer"]',
];

/**
 * Returns a precondition on the size of user data. Hetzner rejects longer user data only when it creates the new
 * server, after the old server was destroyed. During the plan, Terraform knows the real lengths of the secrets, which
 * the policy payload-fits only estimates. Terraform counts characters, so the condition computes the length from
 * base64.
 */
const fitsHetzner = ({ name }: ServerConfig, userData: TerraformLocal) => ({
  condition: `\${length(base64encode(${userData.fqn})) <= ${4 * Math.floor(maximumBytes / 3)}}`,
  errorMessage:
    `User data of ${name}: must be at most ${maximumBytes} bytes, because Hetzner rejects more. Nothing was changed. ` +
    "Shorten the longest secrets (see application.secrets and payload-fits in the review).",
});

/**
 * Creates one server: Debian 13, IPv4 and IPv6, a fixed address in the private network, its provider firewall and its spread placement
 * group. The label `payload` is the hash of the payload with which the server was created (see outdated.ts). The label `balancer` is the
 * load balancer contract of this payload (see modules/derived/agreement.ts).
 */
export class PlatformServer extends Construct {
  /** The server at Hetzner. */
  readonly server: Server;
  /** Configuration of the server. */
  readonly config: ServerConfig;
  /** Hash of the payload that the current configuration produces. */
  readonly payloadHash: string;

  constructor(scope: Construct, id: string, props: PlatformServerProps) {
    super(scope, id);
    const { config, server, subnet, placementGroup, firewall, addresses, sshKeys, volume, secretLabels } = props;
    const madeWith = secretLabels.of(server);
    // User data are a Terraform local value, because the precondition also refers to them.
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
      // Without an explicit empty list `aliasIps`, every plan would show an update.
      network: [{ subnetId: subnet.id, ip: server.privateIp, aliasIps: [] }],
      backups: config.backups,
      // Hetzner requires the same value for both protections. `shutdown_before_deletion` stays off, because the
      // provider would otherwise shut down a server whose deletion Hetzner then rejects. `npm run ops` shuts the server
      // down before it deletes the server.
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
        // Hetzner must not mount the volume, because the payload mounts the volume by its label.
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
