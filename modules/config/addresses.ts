import ipaddr from "ipaddr.js";

export const prefixLength = (cidr: string): number => ipaddr.parseCIDR(cidr)[1];

/**
 * Returns a CIDR in its canonical form: without host bits and in the shortest notation. Hetzner's Terraform provider
 * rejects other forms.
 */
export function canonicalCidr(cidr: string): string {
  const [address, prefix] = ipaddr.parseCIDR(cidr);
  const network =
    address.kind() === "ipv4" ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${network.toString()}/${prefix}`;
}

/** Returns true if an IPv4 address or a whole network is inside another network. */
export function isInside(inner: string, outer: string): boolean {
  const [address, prefix = "32"] = inner.split("/") as [string, string?];
  return Number(prefix) >= prefixLength(outer) && ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(outer));
}

/** Returns true if an IPv4 network is private (RFC 1918). */
export const isPrivate = (cidr: string): boolean =>
  ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].some((range) => isInside(cidr, range));

/** Converts an IPv4 address to a number. */
export const toNumber = (address: string): number =>
  ipaddr.IPv4.parse(address).octets.reduce((number, octet) => number * 256 + octet, 0);

const toAddress = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/** Returns the addresses of a subnet that no server can have, each with the reason. */
export const reservedAddresses = (subnet: string): Readonly<Record<string, string>> => {
  const first = toNumber(ipaddr.IPv4.networkAddressFromCIDR(subnet).toString());
  const last = toNumber(ipaddr.IPv4.broadcastAddressFromCIDR(subnet).toString());
  return {
    [toAddress(first)]: "the network address",
    [toAddress(first + 1)]: "Hetzner's gateway",
    [toAddress(last)]: "the broadcast address",
    // Hetzner's documentation ("Networks: overview") reserves this address as the gateway of every server's public interface.
    "172.31.1.1": "Hetzner's public gateway",
  };
};

/**
 * Adds default ranges to a network. By default, addresses 8 to 15 are for database members and the upper half of the
 * subnet is for web servers.
 */
export function withRanges<Network extends { subnet: string; databaseRange?: string; webRange?: string }>(
  network: Network,
): Network & { databaseRange: string; webRange: string } {
  const first = toNumber(network.subnet.split("/")[0] ?? "");
  const half = prefixLength(network.subnet) + 1;
  return {
    ...network,
    databaseRange: network.databaseRange ?? `${toAddress(first + 8)}/29`,
    webRange: network.webRange ?? `${toAddress(first + 2 ** (32 - half))}/${half}`,
  };
}

/** Yields all addresses of an IPv4 network, in order. */
export function* addressesOf(cidr: string): Generator<string> {
  const first = toNumber(cidr.split("/")[0] ?? "");
  const size = 2 ** (32 - prefixLength(cidr));
  for (let index = 0; index < size; index += 1) yield toAddress(first + index);
}

/** Returns the first free address of a network, or `undefined` if no address is free. */
export function freeAddress(cidr: string, isFree: (address: string) => boolean): string | undefined {
  for (const address of addressesOf(cidr)) if (isFree(address)) return address;
  return undefined;
}
