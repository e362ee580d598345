import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { stringify } from "yaml";
import {
  type Host,
  macAddress,
  nameServers,
  nameServersIpv6,
  publicGateway,
  publicGatewayIpv6,
} from "../network/addresses.js";
import type { PrivateNetwork } from "../network/fabric.js";

/** Directory of cloud-init's seed on the root disk (NoCloud data source). */
const seedDirectory = "var/lib/cloud/seed/nocloud";
/** Path of the user data on a machine's root disk. */
export const userDataFile = path.join(seedDirectory, "user-data");

/** Data that the cloud provider passes to a new server. */
export interface Seed {
  readonly host: Host;
  readonly network: PrivateNetwork;
  readonly userData: string;
  /** Public keys that are allowed to log in as root. */
  readonly sshKeys: readonly string[];
}

/** Writes the data that the cloud provider would pass to a new server: identity, administrators' keys, network and user data. */
export async function writeSeed(root: string, { host, network, userData, sshKeys }: Seed): Promise<void> {
  const directory = path.join(root, seedDirectory);
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o700);
  await writeFile(
    path.join(directory, "meta-data"),
    stringify({ "instance-id": `lab-${host.name}`, "local-hostname": host.name, "public-keys": sshKeys }),
  );
  await writeFile(path.join(directory, "network-config"), stringify(networkConfig(host)));
  await writeFile(path.join(root, userDataFile), userData, { mode: 0o600 });
  await writeFile(path.join(root, "etc/systemd/network/20-private.network"), privateInterface(host, network));
}

/**
 * Returns the configuration of the public network, as at Hetzner: single addresses and a gateway outside their range, in format version 1.
 */
const networkConfig = (host: Host): object => ({
  version: 1,
  config: [
    {
      type: "physical",
      name: "eth0",
      mac_address: macAddress(host, "public"),
      subnets: [
        {
          type: "static",
          address: `${host.publicIpv4}/32`,
          gateway: publicGateway,
          dns_nameservers: [...nameServers, ...nameServersIpv6],
        },
        { type: "static6", address: `${host.publicIpv6}/64`, gateway: publicGatewayIpv6 },
      ],
    },
  ],
});

/**
 * Returns the configuration of the private interface, which does not come from cloud-init at Hetzner. All private traffic goes through the
 * network's router.
 */
const privateInterface = (host: Host, network: PrivateNetwork): string => `[Match]
MACAddress=${macAddress(host, "private")}

[Network]
Address=${host.privateIpv4}/32

[Route]
Destination=${network.range}
Gateway=${network.gateway}
GatewayOnLink=yes
`;
