import { balancerId } from "../../modules/derived/balancer.js";
import { addresses } from "../../modules/platform/addresses.js";

/**
 * Addresses of the lab's network. The addresses are from documentation ranges, or equal Hetzner's addresses.
 * The private addresses of servers and load balancers come from the environment instead.
 */

/** IPv4 addresses of Hetzner's resolvers. */
export const nameServers = addresses.resolvers.filter((address) => address.includes("."));
/** IPv6 addresses of Hetzner's resolvers. */
export const nameServersIpv6 = addresses.resolvers.filter((address) => address.includes(":"));
/** IPv4 gateway of a server's public interface at Hetzner. Every server has one IPv4 address and routes all traffic through the gateway. */
export const publicGateway = "172.31.1.1";
/** IPv6 gateway of a server's public interface at Hetzner. Every server has an IPv6 network of 64 bits (/64). */
export const publicGatewayIpv6 = "fe80::1";
/** A host of the lab: a network namespace with one or two interfaces. */
export interface Host {
  readonly name: string;
  /** Unique number from 1 to 255, part of the names of the host's interfaces and of the host's MAC addresses. */
  readonly index: number;
  readonly publicIpv4: string;
  readonly publicIpv6: string;
  /** Address in the private network. @default - none: the host is not in the private network */
  readonly privateIpv4?: string;
  /** Additional public addresses. @default - none */
  readonly more?: readonly string[];
}

/** Host of an external visitor. */
export const client: Host = {
  name: "client",
  index: 1,
  publicIpv4: "198.51.100.10",
  publicIpv6: "2001:db8:0:100::10",
};

/** Host of the internet services that servers use, such as package archives and the release's host. Datadog has a separate host. */
export const internet: Host = {
  name: "internet",
  index: 2,
  publicIpv4: "203.0.113.10",
  publicIpv6: "2001:db8:0:200::10",
  more: ["203.0.113.99", "2001:db8:0:200::99"],
};

/** Addresses of `internet` that respond on every TCP and UDP port. Tests of outbound firewall rules use these addresses. */
export const openToAll = { ipv4: "203.0.113.99", ipv6: "2001:db8:0:200::99" } as const;

/** Host of the emulated edge. The addresses are from Cloudflare's published ranges, which nginx trusts. */
export const edge: Host = {
  name: "edge",
  index: 3,
  publicIpv4: "173.245.48.10",
  publicIpv6: "2400:cb00::10",
};

/** Host of the platform's administrator. Only this host can log in to servers. */
export const administrator: Host = {
  name: "administrator",
  index: 6,
  publicIpv4: "198.51.100.20",
  publicIpv6: "2001:db8:0:110::10",
};

/** Public addresses of the load balancers 1 and 2, with the number as the key. */
export const balancerAddresses = {
  1: { ipv4: "192.0.2.80", ipv6: "2001:db8:0:80::1" },
  2: { ipv4: "192.0.2.81", ipv6: "2001:db8:0:81::1" },
} as const;

/**
 * Name and public addresses of the second active load balancer. The edge always knows this origin, so an added second balancer does not
 * restart the edge.
 */
export const secondOrigin = { name: "balancer-second", ipv4: "192.0.2.82", ipv6: "2001:db8:0:82::1" } as const;

/** Returns the host of the second active load balancer. The private address comes from the environment. */
export const secondBalancer = (privateIpv4: string): Host => ({
  name: secondOrigin.name,
  index: 8,
  publicIpv4: secondOrigin.ipv4,
  publicIpv6: secondOrigin.ipv6,
  privateIpv4,
});

/** Returns the host of a load balancer. The private address comes from the environment. */
export const balancer = (privateIpv4: string, number: 1 | 2 = 1): Host => ({
  name: balancerId({ loadBalancer: { number } }),
  index: number === 1 ? 4 : 7,
  publicIpv4: balancerAddresses[number].ipv4,
  publicIpv6: balancerAddresses[number].ipv6,
  privateIpv4,
});

/** Returns the host of a server. @param position number of the server, starting at 0 */
export const server = (name: string, position: number, privateIpv4: string): Host => ({
  name,
  index: 11 + position,
  publicIpv4: `192.0.2.${11 + position}`,
  publicIpv6: `2001:db8:0:${11 + position}::1`,
  privateIpv4,
});

/** Returns the MAC address of a host's public or private interface. */
export const macAddress = (host: Host, network: "public" | "private"): string =>
  `02:00:00:00:0${network === "public" ? 1 : 2}:${host.index.toString(16).padStart(2, "0")}`;
