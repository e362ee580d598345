import type { Config, ServerConfig } from "../schema.js";
import { addresses } from "../../platform/addresses.js";
import { trafficRules, type Party, type TrafficRule } from "./rules.js";

/** A rule as one server sees it, with the addresses of the other side. */
export interface ResolvedRule extends TrafficRule {
  /**
   * Addresses and CIDRs of the other side, IPv4 and IPv6 mixed.
   * A server with the roles of both ends is its own peer: HAProxy reaches the MySQL beside it by the private address.
   */
  readonly peers: readonly string[];
}

/**
 * Addresses of a party. Servers are known by the private ranges of their roles and not one by one: a server that is added later
 * is a peer of all others at once. No rule opens a public path between servers.
 */
function addressesOf(party: Party, { network, administrators, application }: Config): readonly string[] {
  switch (party) {
    case "database":
      return [network.databaseRange];
    // A server with both roles has an address of the database range.
    case "web":
    case "every server":
      return [network.databaseRange, network.webRange];
    case "balancer":
      return [network.balancerIp];
    case "administrators":
      return administrators.cidrs;
    case "internet":
      return addresses.everywhere;
    case "resolvers":
      return addresses.resolvers;
    case "metadata service":
      return [addresses.metadataService];
    case "application.egress":
      return application.egress.map(({ cidr }) => cidr);
  }
}

/** What a traffic rule needs to know of a server. */
type WithRoles = Pick<ServerConfig, "roles">;

const includes = (party: Party, { roles }: WithRoles): boolean =>
  party === "every server" || roles.some((role) => role === party);

/** Rules that exist in a configuration, in the table's order. */
export const activeRules = (config: Config): readonly TrafficRule[] =>
  trafficRules.filter((rule) => rule.when?.holds(config) ?? true);

/** Connections that others may open to a server. */
export const inboundOf = (config: Config, server: WithRoles): readonly ResolvedRule[] =>
  activeRules(config)
    .filter((rule) => includes(rule.to, server))
    .map((rule) => ({ ...rule, peers: addressesOf(rule.from, config) }));

/** Connections that a server may open to others; those to the application's peers one by one, since each has ports of its own. */
export const outboundOf = (config: Config, server: WithRoles): readonly ResolvedRule[] =>
  activeRules(config)
    .filter((rule) => includes(rule.from, server))
    .flatMap((rule): readonly ResolvedRule[] =>
      rule.to === "application.egress"
        ? config.application.egress.map(({ cidr, ports }) => ({ ...rule, ports, peers: [cidr] }))
        : [{ ...rule, peers: addressesOf(rule.to, config) }],
    );
