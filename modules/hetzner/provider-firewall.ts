import { Firewall, type FirewallRule } from "@cdktf/provider-hcloud/lib/firewall";
import { Construct } from "constructs";
import type { Config, ServerConfig } from "../config/schema.js";
import { serverLabels } from "../derived/labels.js";
import { inboundOf, outboundOf, type ResolvedRule } from "../derived/traffic/resolve.js";

/** Properties of {@link ProviderFirewall}. */
export interface ProviderFirewallProps {
  /** The environment, whose rule table it is made from. */
  readonly config: Config;
  /** Server that it stands in front of. */
  readonly server: ServerConfig;
}

/** The provider takes networks only: a single address becomes a network of one. */
const network = (peer: string): string => {
  if (peer.includes("/")) return peer;
  return peer.includes(":") ? `${peer}/128` : `${peer}/32`;
};

/** The provider's rules for a line of the rule table: one for each port, one without a port for icmp. */
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

/** Lines that differ only in the user who connects are one rule to the provider, which knows no users. */
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

/** The provider's firewall acts on public traffic only, and always lets a server reach its own metadata. */
const isFiltered = (rule: ResolvedRule): boolean => rule.network === "public" && rule.to !== "metadata service";

/** Public traffic of one server as the provider filters it, from the rule table. What no rule names is dropped, both ways. */
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
 * The provider firewall of one server: Hetzner's, in front of the server, for public traffic. Servers name it in `firewall_ids`. Nothing
 * else attaches it, since two mechanisms would undo each other in every plan.
 */
export class ProviderFirewall extends Construct {
  /** The firewall at Hetzner. */
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
