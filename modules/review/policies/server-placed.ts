import { Firewall } from "@cdktf/provider-hcloud/lib/firewall";
import { Server } from "@cdktf/provider-hcloud/lib/server";
import { firewallRules } from "./firewall-rules.js";
import type { Policy, Violation } from "./policy.js";

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
