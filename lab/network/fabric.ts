import { mkdir, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { addresses } from "../../modules/platform/addresses.js";
import { namespaceOf, prefix } from "../layout.js";
import { run, tryRun, type RunOptions, type RunResult } from "../system/shell.js";
import { type Host, macAddress, nameServers, nameServersIpv6, publicGateway, publicGatewayIpv6 } from "./addresses.js";

/** Lab host name of the network namespace that routes between all other namespaces, like the provider's network. */
export const fabricHost = "fabric";
const fabric = namespaceOf(fabricHost);
const publicBridge = "br-pub";
/**
 * Bridge of the private network in the fabric's namespace. Packet captures use this bridge, because every private packet crosses the
 * bridge.
 */
export const privateBridge = "br-priv";

/** Settings of the private network in the environment. */
export interface PrivateNetwork {
  /** Range of the whole network, in CIDR form. */
  readonly range: string;
  /** First address of the range. The provider's router has this address. */
  readonly gateway: string;
}

/** Returns the name of a host's interface in the fabric's namespace. */
const portOf = (host: Host, network: "public" | "private"): string =>
  `${network === "public" ? "pub" : "priv"}${host.index}`;

/**
 * Creates the fabric: two bridges with the addresses of the provider's gateways, name servers and metadata service. The fabric has no link
 * to this host's network, so no packet leaves the lab. The bridge ports are isolated, so all traffic goes through the gateways, as at
 * Hetzner.
 */
export async function createFabric(network: PrivateNetwork): Promise<void> {
  await createNamespace(fabricHost);
  const settings = ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.all.send_redirects=0"];
  await inFabric(["sysctl", "-qw", ...settings]);
  // On hosts with br_netfilter, the fabric's rules would also apply to bridged frames without these settings.
  const unfiltered = ["net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0"];
  await tryRun("ip", ["netns", "exec", fabric, "sysctl", "-qw", ...unfiltered]);
  const bridges = [
    { name: publicBridge, mac: "02:00:00:00:00:01", own: [publicGateway, addresses.metadataService, ...nameServers] },
    { name: privateBridge, mac: "02:00:00:00:00:02", own: [network.gateway] },
  ];
  for (const { name, mac, own } of bridges) {
    // A bridge without a configured MAC address uses the MAC address of a port. If that port disappeared, the neighbours would use an
    // outdated address.
    if (!(await linkExists(fabric, name))) await ipIn(fabric, "link", "add", name, "address", mac, "type", "bridge");
    await inFabric(["sysctl", "-qw", `net.ipv4.conf.${name}.send_redirects=0`]);
    await ipIn(fabric, "link", "set", name, "up");
    for (const address of own) await ipIn(fabric, "address", "replace", `${address}/32`, "dev", name);
  }
  for (const address of [`${publicGatewayIpv6}/64`, ...nameServersIpv6.map((server) => `${server}/128`)])
    await ipIn(fabric, "address", "replace", address, "dev", publicBridge, "nodad");
  await inFabric(["nft", "-f", "-"], { input: redirectRules + partitionRules });
}

/** nftables rules that drop IPv6 redirects, because no sysctl disables them. A host that follows a redirect would reach no other host. */
const redirectRules = `table inet redirects
delete table inet redirects
table inet redirects {
  chain output {
    type filter hook output priority 0; policy accept;
    icmpv6 type nd-redirect drop
  }
}
`;

/**
 * nftables rules that silently drop all packets from and to partitioned addresses, like a broken cable. A reload keeps the set of
 * addresses.
 */
const partitionRules = `table inet partition {
  set cut { type ipv4_addr; }
  chain forward { type filter hook forward priority 0; policy accept; }
}
flush chain inet partition forward
table inet partition {
  chain forward {
    ip saddr @cut drop
    ip daddr @cut drop
  }
}
`;

/**
 * Disconnects a host from the private network, or reconnects the host. @throws Error if the host is not in the private network or nft
 * fails
 */
export async function setPartitioned(host: Host, cut: boolean): Promise<void> {
  if (host.privateIpv4 === undefined)
    throw new Error(`${host.name}: has no private address, so it cannot be partitioned`);
  if ((await isPartitioned(host)) === cut) return;
  const result = await nftElement(cut ? "add" : "delete", host.privateIpv4);
  if (!result.ok) throw new Error(`${host.name}: ${result.stderr}`);
}

/** Checks whether a host is disconnected from the private network. */
export async function isPartitioned(host: Host): Promise<boolean> {
  return host.privateIpv4 !== undefined && (await nftElement("get", host.privateIpv4)).ok;
}

const nftElement = (action: "add" | "delete" | "get", address: string): Promise<RunResult> =>
  tryRun("ip", ["netns", "exec", fabric, "nft", action, "element", "inet", "partition", "cut", `{ ${address} }`]);

/**
 * Creates a host's namespace and interfaces and connects the interfaces to the fabric. Keeps the namespace and the interfaces if they
 * exist.
 */
export async function plugIn(host: Host): Promise<void> {
  await createNamespace(host.name);
  await connect(host, "public", "eth0", publicBridge);
  await ipIn(fabric, "route", "replace", `${host.publicIpv4}/32`, "dev", publicBridge);
  const network6 = `${host.publicIpv6}/64`.replace(/::[0-9a-f]+\//, "::/");
  await ipIn(fabric, "-6", "route", "replace", network6, "dev", publicBridge);
  for (const address of host.more ?? []) await ipIn(fabric, "route", "replace", address, "dev", publicBridge);
  if (host.privateIpv4 === undefined) return;
  await connect(host, "private", "eth1", privateBridge);
  await ipIn(fabric, "route", "replace", `${host.privateIpv4}/32`, "dev", privateBridge);
}

/** Configures the addresses, routes and resolver of a host other than a server. On servers, cloud-init configures the network. */
export async function configure(host: Host, network: PrivateNetwork): Promise<void> {
  const namespace = namespaceOf(host.name);
  await ipIn(namespace, "address", "replace", `${host.publicIpv4}/32`, "dev", "eth0");
  await ipIn(namespace, "address", "replace", `${host.publicIpv6}/64`, "dev", "eth0", "nodad");
  await ipIn(namespace, "route", "replace", "default", "via", publicGateway, "dev", "eth0", "onlink");
  await ipIn(namespace, "-6", "route", "replace", "default", "via", publicGatewayIpv6, "dev", "eth0");
  for (const address of host.more ?? []) await ipIn(namespace, "address", "replace", address, "dev", "eth0", "nodad");
  if (host.privateIpv4 !== undefined) {
    await ipIn(namespace, "address", "replace", `${host.privateIpv4}/32`, "dev", "eth1");
    await ipIn(namespace, "route", "replace", network.range, "via", network.gateway, "dev", "eth1", "onlink");
  }
  const resolver = path.join(namespaceFiles, namespace);
  await mkdir(resolver, { recursive: true });
  await writeFile(path.join(resolver, "resolv.conf"), nameServers.map((address) => `nameserver ${address}\n`).join(""));
}

/** Removes a host's links immediately, so no packets of the host arrive. */
export async function unplug(host: Host): Promise<void> {
  const batch = (["public", "private"] as const).map((network) => `link delete ${portOf(host, network)}\n`).join("");
  await tryRun("ip", ["-netns", fabric, "-force", "-batch", "-"], { input: batch });
}

/** Removes a host's links and namespace. */
export async function removeHost(host: Host): Promise<void> {
  await unplug(host);
  await tryRun("ip", ["netns", "delete", namespaceOf(host.name)]);
}

/** Returns the names of the lab's network namespaces. */
async function namespaces(): Promise<string[]> {
  const { stdout } = await tryRun("ip", ["netns", "list"]);
  return stdout
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "")
    .filter((name) => name.startsWith(`${prefix}-`));
}

/** Directory in which `ip netns` finds files that are specific to a namespace. */
const namespaceFiles = "/etc/netns";
/** Directory in which `ip netns` keeps namespaces. `ip netns` mounts the directory and never unmounts it. */
const namespaceMount = "/run/netns";

/**
 * Removes all namespaces of the lab and the related files of `ip netns`. Removes even namespaces of hosts that are not in the
 * configuration.
 */
export async function removeAllNamespaces(): Promise<void> {
  for (const name of await namespaces()) await run("ip", ["netns", "delete", name]);
  const named = (await readdir(namespaceFiles).catch(() => [])).filter((name) => name.startsWith(`${prefix}-`));
  for (const name of named) await rm(path.join(namespaceFiles, name), { recursive: true, force: true });
  if (named.length > 0) await rmdir(namespaceFiles).catch(() => undefined);
  if ((await readdir(namespaceMount).catch(() => ["not there"])).length === 0) await tryRun("umount", [namespaceMount]);
}

/**
 * Kernel settings without a rate limit for "port unreachable" responses. Tests need the response to each of hundreds of parallel probes.
 */
const unlimitedRefusals = [
  "net.ipv4.icmp_ratemask=0",
  "net.ipv6.icmp.ratelimit=0",
  "net.ipv4.icmp_msgs_per_sec=100000",
  "net.ipv4.icmp_msgs_burst=100000",
];

async function createNamespace(host: string): Promise<void> {
  const name = namespaceOf(host);
  if (!(await namespaces()).includes(name)) await run("ip", ["netns", "add", name]);
  await ipIn(name, "link", "set", "lo", "up");
  await tryRun("ip", ["netns", "exec", name, "sysctl", "-qw", ...unlimitedRefusals]);
}

/** MTUs of Hetzner's networks. The private network is an overlay network, so the private MTU is smaller. */
export const mtu = { public: "1500", private: "1450" } as const;

async function connect(host: Host, network: "public" | "private", device: string, bridge: string): Promise<void> {
  const namespace = namespaceOf(host.name);
  const port = portOf(host, network);
  const peer = ["peer", "name", device, "netns", namespace, "address", macAddress(host, network), "mtu", mtu[network]];
  if (!(await linkExists(namespace, device)))
    await ipIn(fabric, "link", "add", port, "mtu", mtu[network], "type", "veth", ...peer);
  await ipIn(fabric, "link", "set", port, "master", bridge, "up");
  await ipIn(fabric, "link", "set", port, "type", "bridge_slave", "isolated", "on");
  await ipIn(namespace, "link", "set", device, "up");
}

const ipIn = (namespace: string, ...args: string[]): Promise<string> => run("ip", ["-netns", namespace, ...args]);

const linkExists = async (namespace: string, device: string): Promise<boolean> =>
  (await tryRun("ip", ["-netns", namespace, "link", "show", device])).ok;

const inFabric = (command: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> =>
  run("ip", ["netns", "exec", fabric, ...command], options);
