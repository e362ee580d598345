import ipaddr from "ipaddr.js";

/** Prefix length of a CIDR. */
export const prefixLength = (cidr: string): number => ipaddr.parseCIDR(cidr)[1];

/** A CIDR in its only right spelling: no host bits, shortest form. The provider refuses any other. */
export function canonicalCidr(cidr: string): string {
  const [address, prefix] = ipaddr.parseCIDR(cidr);
  const network =
    address.kind() === "ipv4" ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${network.toString()}/${prefix}`;
}

/** Whether an IPv4 address, or a whole network, lies inside a network. */
export function isInside(inner: string, outer: string): boolean {
  const [address, prefix = "32"] = inner.split("/") as [string, string?];
  return Number(prefix) >= prefixLength(outer) && ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(outer));
}

/** Whether an IPv4 network is one that RFC 1918 sets aside. */
export const isPrivate = (cidr: string): boolean =>
  ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].some((range) => isInside(cidr, range));

const toNumber = (address: string): number =>
  ipaddr.IPv4.parse(address).octets.reduce((number, octet) => number * 256 + octet, 0);

const toAddress = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/** The addresses of a subnet that no server can have, and what each of them is for. */
export const reservedAddresses = (subnet: string): Readonly<Record<string, string>> => {
  const first = toNumber(ipaddr.IPv4.networkAddressFromCIDR(subnet).toString());
  const last = toNumber(ipaddr.IPv4.broadcastAddressFromCIDR(subnet).toString());
  return {
    [toAddress(first)]: "the network address",
    [toAddress(first + 1)]: "Hetzner's gateway",
    [toAddress(last)]: "the broadcast address",
    // docs.hetzner.com, "Networks: overview": the gateway of every server's public interface.
    "172.31.1.1": "Hetzner's public gateway",
  };
};

/** First addresses of a subnet tend to be infrastructure; suggestions begin here, as in the example. */
const firstSuggestion = 11;

/** An address of the subnet that is neither reserved nor taken. */
export function freeAddress(subnet: string, taken: readonly string[]): string | undefined {
  const first = toNumber(ipaddr.IPv4.networkAddressFromCIDR(subnet).toString());
  const size = 2 ** (32 - prefixLength(subnet));
  const unusable = new Set([...Object.keys(reservedAddresses(subnet)), ...taken]);
  for (let index = 0; index < size; index += 1) {
    const candidate = toAddress(first + ((firstSuggestion + index) % size));
    if (!unusable.has(candidate)) return candidate;
  }
  return undefined;
}
