import { Firewall, type FirewallRule } from "@cdktf/provider-hcloud/lib/firewall";
import { Construct } from "constructs";
import type { Config, ServerConfig } from "../config/schema.js";
import { serverLabels } from "../derived/labels.js";
import { inboundOf, outboundOf, type ResolvedRule } from "../derived/traffic/resolve.js";

/** Properties of {@link ProviderFirewall}. */
export interface ProviderFirewallProps {
  /** The environment whose rule table is applied. */
  readonly config: Config;
  /** Server that the firewall protects. */
  readonly server: ServerConfig;
}

/** The provider accepts only networks, so a single address becomes a /32 or /128. */
const network = (peer: string): string => {
  if (peer.includes("/")) return peer;
  return peer.includes(":") ? `${peer}/128` : `${peer}/32`;
};

/** Converts a line of the rule table to provider rules: one per port, or one without a port for ICMP. */
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

/** Lines that differ only in the connecting user become one rule, because the provider cannot distinguish users. */
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

/** The provider's firewall filters only public traffic, and always allows a server to reach its own metadata service. */
const isFiltered = (rule: ResolvedRule): boolean => rule.network === "public" && rule.to !== "metadata service";

/**
 * Filter rules of the provider for the public traffic of one server, from the rule table. All other public traffic is dropped in both
 * directions.
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
 * Hetzner's firewall in front of one server, for public traffic. Only the server's `firewall_ids` attach it: a second mechanism would
 * revert the attachment in every plan.
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
