import { Firewall, type FirewallRule } from "@cdktf/provider-hcloud/lib/firewall";
import type { IConstruct } from "constructs";

/** Rules of a firewall. Empty for any other construct. */
export function firewallRules(node: IConstruct, direction: "in" | "out"): readonly FirewallRule[] {
  if (!(node instanceof Firewall)) return [];
  const rules = node.ruleInput;
  return Array.isArray(rules) ? rules.filter((rule) => rule.direction === direction) : [];
}

/** Whether a rule allows a port. The provider writes ports as "22", "20-30" or "any". */
export function covers({ port = "any" }: FirewallRule, wanted: number): boolean {
  if (port === "any") return true;
  const [first, last = first] = port.split("-").map(Number) as [number, number?];
  return first <= wanted && wanted <= last;
}
