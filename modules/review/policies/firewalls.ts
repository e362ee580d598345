import { Firewall, type FirewallRule } from "@cdktf/provider-hcloud/lib/firewall";
import type { IConstruct } from "constructs";
import { prefixLength } from "../../config/addresses.js";
import { ports } from "../../platform/ports.js";
import type { Policy, Violation } from "./policy.js";
import { LoadBalancerService } from "@cdktf/provider-hcloud/lib/load-balancer-service";
import { Server } from "@cdktf/provider-hcloud/lib/server";

/** Returns the rules of a provider firewall, or an empty list for any other construct. */
function firewallRules(node: IConstruct, direction: "in" | "out"): readonly FirewallRule[] {
  if (!(node instanceof Firewall)) return [];
  const rules = node.ruleInput;
  return Array.isArray(rules) ? rules.filter((rule) => rule.direction === direction) : [];
}

/** Returns true if a rule allows a port. The provider writes ports as "22", "20-30" or "any". */
function covers({ port = "any" }: FirewallRule, wanted: number): boolean {
  if (port === "any") return true;
  const [first, last = first] = port.split("-").map(Number) as [number, number?];
  return first <= wanted && wanted <= last;
}

/**
 * Prefix lengths below which a network counts as the whole internet. Otherwise two /1 networks could open SSH to the
 * whole internet. The configuration rejects large networks of administrators, and this policy also checks rules from
 * other sources.
 */
const shortestPrefix = { ipv4: 8, ipv6: 16 } as const;

const isWorld = (cidr: string): boolean => prefixLength(cidr) < shortestPrefix[cidr.includes(":") ? "ipv6" : "ipv4"];

/** Policy that no provider firewall opens SSH to networks larger than a /8 (IPv4) or a /16 (IPv6). */
const sshNotFromTheWorld: Policy = {
  id: "ssh-not-from-the-world",
  description: "SSH is open only to administrators' networks",
  check: (node) =>
    firewallRules(node, "in")
      .filter((rule) => rule.protocol === "tcp" && covers(rule, ports.ssh) && rule.sourceIps?.some(isWorld))
      .map((rule) => ({
        what: `SSH is open to ${rule.sourceIps?.filter(isWorld).join(" and ")}`,
        why: "attackers on the internet would try passwords and keys",
        fix: "set administrators.cidrs to the administrators' networks",
      })),
};

const databasePorts = [ports.mysql, ports.mysqlGroup, ports.memberRole];

const why = "the database must be reachable only over the private network";

/** Policy that no provider firewall and no load balancer service opens a port of MySQL. */
const databaseNotPublic: Policy = {
  id: "database-not-public",
  description: "MySQL listens on no public address",
  check: (node) => [
    ...databasePorts
      .filter((port) => firewallRules(node, "in").some((rule) => rule.protocol === "tcp" && covers(rule, port)))
      .map((port) => ({
        what: `port ${port} of MySQL is open on the public address`,
        why,
        fix: 'make the rule in modules/derived/traffic/rules.ts one of the network "private"',
      })),
    ...databasePorts
      .filter((port) => node instanceof LoadBalancerService && node.destinationPortInput === port)
      .map((port) => ({
        what: `the load balancer forwards to port ${port} of MySQL`,
        why,
        fix: "remove the service from modules/derived/balancer.ts",
      })),
  ],
};

const firewallMissing: Violation = {
  what: "the server is in no firewall",
  why: "without a firewall, every port of its public address is open",
  fix: "use the firewall of the foundation stack",
};
const groupMissing: Violation = {
  what: "the server is in no placement group",
  why: "two database members could run on one physical machine and fail together",
  fix: "use a placement group of the foundation stack",
};
const direction = (name: "in" | "out"): Violation => ({
  what: `the firewall has no ${name}bound rule`,
  why:
    name === "out"
      ? "Hetzner allows all outbound traffic until the first outbound rule exists"
      : "the missing inbound rules may be a mistake",
  fix: "build it from the rule table with ProviderFirewall",
});

/** Policy that each server has a provider firewall with rules for both directions, and a placement group. */
const serverPlaced: Policy = {
  id: "server-placed",
  description: "every server is in a firewall that filters both directions and in a spread placement group",
  check: (node) => {
    if (node instanceof Firewall)
      return (["in", "out"] as const).filter((name) => firewallRules(node, name).length === 0).map(direction);
    if (!(node instanceof Server)) return [];
    return [
      ...(node.firewallIdsInput?.length ? [] : [firewallMissing]),
      ...(node.placementGroupIdInput === undefined ? [groupMissing] : []),
    ];
  },
};

/** Policies about firewalls and open ports of servers. */
export const firewallPolicies: readonly Policy[] = [sshNotFromTheWorld, databaseNotPublic, serverPlaced];
