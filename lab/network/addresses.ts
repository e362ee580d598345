import { balancerId } from "../../modules/derived/balancer.js";
import { addresses } from "../../modules/platform/addresses.js";

/**
 * Addresses of the lab's network. They are from documentation ranges or are copies of Hetzner's addresses.
 * The private addresses of servers and balancers come from the environment instead.
 */

/** Hetzner's resolvers over IPv4. */
export const nameServers = addresses.resolvers.filter((address) => address.includes("."));
/** Hetzner's resolvers over IPv6. */
export const nameServersIpv6 = addresses.resolvers.filter((address) => address.includes(":"));
/** IPv4 gateway of a server's public interface at Hetzner. Every server has a /32 and routes all traffic through the gateway. */
export const publicGateway = "172.31.1.1";
/** IPv6 gateway of a server's public interface at Hetzner. Every server has a /64. */
export const publicGatewayIpv6 = "fe80::1";
/** A host of the lab: a network namespace with one or two interfaces. */
export interface Host {
  readonly name: string;
  /** Number of its interfaces and MAC addresses, unique, 1-255. */
  readonly index: number;
  readonly publicIpv4: string;
  readonly publicIpv6: string;
  /** @default - not in the private network */
  readonly privateIpv4?: string;
  /** Additional public addresses. @default - none */
  readonly more?: readonly string[];
}

/** An external visitor. */
export const client: Host = {
  name: "client",
  index: 1,
  publicIpv4: "198.51.100.10",
  publicIpv6: "2001:db8:0:100::10",
};

/** Host of all internet services that servers use, except Datadog: package archives and the release's host. */
export const internet: Host = {
  name: "internet",
  index: 2,
  publicIpv4: "203.0.113.10",
  publicIpv6: "2001:db8:0:200::10",
  more: ["203.0.113.99", "2001:db8:0:200::99"],
};

/** Addresses of `internet` that respond on every TCP and UDP port, to test outbound firewall rules. */
export const openToAll = { ipv4: "203.0.113.99", ipv6: "2001:db8:0:200::99" } as const;

/** The emulated edge, with an address from Cloudflare's published ranges, which nginx trusts. */
export const edge: Host = {
  name: "edge",
  index: 3,
  publicIpv4: "173.245.48.10",
  publicIpv6: "2400:cb00::10",
};

/** The platform's administrator, with the only address that can log in to servers. */
export const administrator: Host = {
  name: "administrator",
  index: 6,
  publicIpv4: "198.51.100.20",
  publicIpv6: "2001:db8:0:110::10",
};

/** Public addresses of both possible load balancers, by number. */
export const balancerAddresses = {
  1: { ipv4: "192.0.2.80", ipv6: "2001:db8:0:80::1" },
  2: { ipv4: "192.0.2.81", ipv6: "2001:db8:0:81::1" },
} as const;

/** Name and public addresses of the second active load balancer, even if the environment has none: an edge that knows it need not restart. */
export const secondOrigin = { name: "balancer-second", ipv4: "192.0.2.82", ipv6: "2001:db8:0:82::1" } as const;

/** The second active load balancer. Its private address comes from the environment. */
export const secondBalancer = (privateIpv4: string): Host => ({
  name: secondOrigin.name,
  index: 8,
  publicIpv4: secondOrigin.ipv4,
  publicIpv6: secondOrigin.ipv6,
  privateIpv4,
});

/** A load balancer. Its private address comes from the environment. */
export const balancer = (privateIpv4: string, number: 1 | 2 = 1): Host => ({
  name: balancerId({ loadBalancer: { number } }),
  index: number === 1 ? 4 : 7,
  publicIpv4: balancerAddresses[number].ipv4,
  publicIpv6: balancerAddresses[number].ipv6,
  privateIpv4,
});

/** A server of the environment. @param position number of the server, from 0 */
export const server = (name: string, position: number, privateIpv4: string): Host => ({
  name,
  index: 11 + position,
  publicIpv4: `192.0.2.${11 + position}`,
  publicIpv6: `2001:db8:0:${11 + position}::1`,
  privateIpv4,
});

/** MAC address of a host's public or private interface. */
export const macAddress = (host: Host, network: "public" | "private"): string =>
  `02:00:00:00:0${network === "public" ? 1 : 2}:${host.index.toString(16).padStart(2, "0")}`;
