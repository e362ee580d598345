import type { Config, ServerConfig } from "../../config/schema.js";
import { balancersOf } from "../balancer.js";
import { addresses } from "../../platform/addresses.js";
import { trafficRules, type Party, type TrafficRule } from "./rules.js";

/** A traffic rule for one server, with the addresses of the other side. */
export interface ResolvedRule extends TrafficRule {
  /**
   * Addresses and CIDRs of the other side, IPv4 and IPv6 mixed.
   * A server with the roles of both ends is its own peer: HAProxy connects to the MySQL instance on the same server over the private address.
   */
  readonly peers: readonly string[];
}

/**
 * Addresses of a party. Servers are identified by the private ranges of their roles, so that a new server is immediately a peer of all others.
 * No rule opens a public path between servers.
 */
function addressesOf(party: Party, config: Config): readonly string[] {
  const { network, administrators, application } = config;
  switch (party) {
    case "database":
      return [network.databaseRange];
    // A server with both roles has an address of the database range.
    case "web":
    case "every server":
      return [network.databaseRange, network.webRange];
    case "balancer":
      return balancersOf(config).map(({ privateIp }) => privateIp);
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

/** Properties of a server that traffic rules depend on. */
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

/** Connections that a server may open to others. Each network of `application.egress` has a separate rule, because its ports differ. */
export const outboundOf = (config: Config, server: WithRoles): readonly ResolvedRule[] =>
  activeRules(config)
    .filter((rule) => includes(rule.from, server))
    .flatMap((rule): readonly ResolvedRule[] =>
      rule.to === "application.egress"
        ? config.application.egress.map(({ cidr, ports }) => ({ ...rule, ports, peers: [cidr] }))
        : [{ ...rule, peers: addressesOf(rule.to, config) }],
    );
