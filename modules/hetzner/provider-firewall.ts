import { Firewall, type FirewallRule } from "@cdktf/provider-hcloud/lib/firewall";
import { Construct } from "constructs";
import type { Config, ServerConfig } from "../config/schema.js";
import { serverLabels } from "../derived/labels.js";
import { inboundOf, outboundOf, type ResolvedRule } from "../derived/traffic/resolve.js";

/** Properties of {@link ProviderFirewall}. */
export interface ProviderFirewallProps {
  /** Configuration of the environment, from which the rule table is derived. */
  readonly config: Config;
  /** Server that the firewall protects. */
  readonly server: ServerConfig;
}

/**
 * Returns the address of a peer in CIDR notation, because the Terraform provider accepts only networks. A single
 * address becomes a /32 or /128.
 */
const network = (peer: string): string => {
  if (peer.includes("/")) return peer;
  return peer.includes(":") ? `${peer}/128` : `${peer}/32`;
};

/**
 * Converts a rule of the rule table to rules of the provider firewall: one rule for each port, or a single rule without
 * a port for ICMP.
 */
function firewallRules(direction: "in" | "out", rule: ResolvedRule): readonly FirewallRule[] {
  const peers = rule.peers.map(network);
  const ports = rule.protocol === "icmp" ? [undefined] : rule.ports.map(String);
  return ports.map((port) => ({
    direction,
    protocol: rule.protocol,
    port,
    description: rule.why,
    ...(direction === "in" ? { sourceIps: peers } : { destinationIps: peers }),
  }));
}

/** Merges rules that differ only in the user who connects, because the provider firewall cannot distinguish users. */
function merged(rules: readonly FirewallRule[]): readonly FirewallRule[] {
  const byTraffic = new Map<string, FirewallRule>();
  for (const rule of rules) {
    const key = JSON.stringify({ ...rule, description: undefined });
    const known = byTraffic.get(key);
    const description = known ? `${known.description}; ${rule.description}` : rule.description;
    byTraffic.set(key, { ...rule, description });
  }
  return [...byTraffic.values()];
}

/**
 * Returns true if the provider firewall filters the traffic of a rule. The provider firewall filters only public traffic and always allows
 * a server to reach its own metadata service.
 */
const isFiltered = (rule: ResolvedRule): boolean => rule.network === "public" && rule.to !== "metadata service";

/**
 * Returns the rules of the provider firewall for the public traffic of one server. The provider firewall drops all other public traffic in
 * both directions.
 */
export const providerFirewallRules = (config: Config, server: ServerConfig): readonly FirewallRule[] =>
  merged([
    ...inboundOf(config, server)
      .filter(isFiltered)
      .flatMap((rule) => firewallRules("in", rule)),
    ...outboundOf(config, server)
      .filter(isFiltered)
      .flatMap((rule) => firewallRules("out", rule)),
  ]);

/**
 * Creates the provider firewall in front of one server, for public traffic. Only the server's attribute `firewall_ids`
 * attaches the firewall, because with a second attachment resource every plan would show a change.
 */
export class ProviderFirewall extends Construct {
  readonly firewall: Firewall;

  constructor(scope: Construct, id: string, { config, server }: ProviderFirewallProps) {
    super(scope, id);
    this.firewall = new Firewall(this, "Default", {
      name: `${config.environment}-${server.name}`,
      rule: [...providerFirewallRules(config, server)],
      labels: serverLabels(config, server),
    });
  }
}
