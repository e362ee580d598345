import type { Config, ServerConfig } from "../../config/schema.js";
import { balancersOf } from "../balancer.js";
import { addresses } from "../../platform/addresses.js";
import { trafficRules, type Party, type TrafficRule } from "./rules.js";

/** A traffic rule of one server, with the addresses of the peers. */
export interface ResolvedRule extends TrafficRule {
  /**
   * Addresses and CIDRs of the peers, both IPv4 and IPv6. A server with the roles of both ends is its own peer, because
   * HAProxy connects to MySQL on the same server over the private address.
   */
  readonly peers: readonly string[];
}

/**
 * Returns the addresses of a party. The result contains the address ranges of roles instead of single servers, so that
 * a new server is immediately a peer of all other servers. Servers do not connect to each other over public addresses.
 */
function addressesOf(party: Party, config: Config): readonly string[] {
  const { network, administrators, application } = config;
  switch (party) {
    case "database":
      return [network.databaseRange];
    // The database range also belongs to web servers, because a server with both roles has an address in the database
    // range.
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

/** Part of a server's configuration on which traffic rules depend. */
type WithRoles = Pick<ServerConfig, "roles">;

const includes = (party: Party, { roles }: WithRoles): boolean =>
  party === "every server" || roles.some((role) => role === party);

/** Returns the traffic rules whose condition is true in a configuration, in the order of the rule table. */
export const activeRules = (config: Config): readonly TrafficRule[] =>
  trafficRules.filter((rule) => rule.when?.holds(config) ?? true);

/** Returns the rules for connections that peers may open to a server. */
export const inboundOf = (config: Config, server: WithRoles): readonly ResolvedRule[] =>
  activeRules(config)
    .filter((rule) => includes(rule.to, server))
    .map((rule) => ({ ...rule, peers: addressesOf(rule.from, config) }));

/**
 * Returns the rules for connections that a server may open to peers. Each network of `application.egress` has a separate rule, because each
 * network has its own ports.
 */
export const outboundOf = (config: Config, server: WithRoles): readonly ResolvedRule[] =>
  activeRules(config)
    .filter((rule) => includes(rule.from, server))
    .flatMap((rule): readonly ResolvedRule[] =>
      rule.to === "application.egress"
        ? config.application.egress.map(({ cidr, ports }) => ({ ...rule, ports, peers: [cidr] }))
        : [{ ...rule, peers: addressesOf(rule.to, config) }],
    );
