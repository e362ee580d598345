import { ports } from "../platform/ports.js";
import { covers, firewallRules } from "./firewall-rules.js";
import type { Policy } from "./policy.js";

const databasePorts = [ports.mysql, ports.mysqlGroup, ports.mysqlRole];

export const databaseNotPublic: Policy = {
  id: "database-not-public",
  promise: "MySQL listens on no public address",
  check: (node) =>
    firewallRules(node, "in").flatMap((rule) =>
      databasePorts
        .filter((port) => rule.protocol === "tcp" && covers(rule, port))
        .map((port) => ({
          what: `port ${port} of MySQL is open on the public address`,
          why: "the database speaks to its peers over the private network only",
          fix: 'make the rule in modules/traffic/rules.ts one of the network "private"',
        })),
    ),
};
