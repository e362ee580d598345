import { LoadBalancerService } from "@cdktf/provider-hcloud/lib/load-balancer-service";
import { ports } from "../../platform/ports.js";
import { covers, firewallRules } from "./firewall-rules.js";
import type { Policy } from "./policy.js";

const databasePorts = [ports.mysql, ports.mysqlGroup, ports.memberRole];

const why = "the database must be reachable only over the private network";

/** No provider firewall and no load balancer service opens a port of MySQL. */
export const databaseNotPublic: Policy = {
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
