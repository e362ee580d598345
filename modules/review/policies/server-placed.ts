import { Firewall } from "@cdktf/provider-hcloud/lib/firewall";
import { Server } from "@cdktf/provider-hcloud/lib/server";
import { firewallRules } from "./firewall-rules.js";
import type { Policy, Violation } from "./policy.js";

const firewallMissing: Violation = {
  what: "the server is in no firewall",
  why: "without one, everything on its public address is open",
  fix: "pass it the firewall of the foundation stack",
};
const groupMissing: Violation = {
  what: "the server is in no placement group",
  why: "two members of the database could share one physical machine and fail together",
  fix: "pass it a placement group of the foundation stack",
};
const direction = (name: "in" | "out"): Violation => ({
  what: `the firewall has no rule for traffic ${name}`,
  why:
    name === "out"
      ? "Hetzner lets everything out until a first outbound rule exists"
      : "a firewall without inbound rules tells nobody whether that was meant",
  fix: "build it from the rule table with ProviderFirewall",
});

/** Servers are in a provider firewall with rules for both directions, and in a placement group. */
export const serverPlaced: Policy = {
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
