import { ports } from "../platform/ports.js";
import { covers, firewallRules } from "./firewall-rules.js";
import type { Policy } from "./policy.js";

const isWorld = (cidr: string): boolean => cidr.endsWith("/0");

export const sshNotFromTheWorld: Policy = {
  id: "ssh-not-from-the-world",
  promise: "SSH is open to administrators' networks at most",
  check: (node) =>
    firewallRules(node, "in")
      .filter((rule) => rule.protocol === "tcp" && covers(rule, ports.ssh) && rule.sourceIps?.some(isWorld))
      .map((rule) => ({
        what: `SSH is open to ${rule.sourceIps?.filter(isWorld).join(" and ")}`,
        why: "the whole internet tries passwords and keys on it",
        fix: "name the administrators' networks in administrators.cidrs",
      })),
};
