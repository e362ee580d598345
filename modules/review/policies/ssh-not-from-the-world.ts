import { prefixLength } from "../../config/addresses.js";
import { ports } from "../../platform/ports.js";
import { covers, firewallRules } from "./firewall-rules.js";
import type { Policy } from "./policy.js";

/**
 * Networks with shorter prefixes count as the whole internet, because two /1 networks cover it. The configuration already rejects networks
 * wider than one administrator's; this policy also checks rules from other sources.
 */
const shortestPrefix = { ipv4: 8, ipv6: 16 } as const;

const isWorld = (cidr: string): boolean => prefixLength(cidr) < shortestPrefix[cidr.includes(":") ? "ipv6" : "ipv4"];

/** No provider firewall opens SSH to networks wider than a /8 (IPv4) or a /16 (IPv6). */
export const sshNotFromTheWorld: Policy = {
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
