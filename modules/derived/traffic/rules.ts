import { ports } from "../../platform/ports.js";
import { users, type ServiceUser } from "../../platform/users.js";
import {
  administered,
  backedUp,
  monitored,
  passesThrough,
  reachingOut,
  relaying,
  type Condition,
} from "../conditions.js";

/** One end of a connection: the servers with a role, all servers, or an external party. */
export type Party =
  | "web"
  | "database"
  | "every server"
  | "balancer"
  | "administrators"
  | "internet"
  | "resolvers"
  | "metadata service"
  | "application.egress";

/** One line of the rule table: an allowed connection with its reason. All other connections are dropped in both directions. */
export interface TrafficRule {
  readonly from: Party;
  readonly to: Party;
  /** The provider firewall filters only `public` traffic; the host firewall filters both. */
  readonly network: "public" | "private";
  readonly protocol: "tcp" | "udp" | "icmp";
  /** Destination ports. Empty for icmp, and for `application.egress`, whose networks have their own ports. */
  readonly ports: readonly number[];
  /** Users that may open the connection on the source server. @default - any user: the connection comes from outside */
  readonly users?: readonly ServiceUser[];
  /** Condition under which the rule exists. @default - always */
  readonly when?: Condition;
  readonly why: string;
}

const rule = (line: TrafficRule): TrafficRule => line;

/** The rule table. Provider firewalls, host firewalls, the review, docs/traffic.md and the lab's probe matrix are all generated from it. */
export const trafficRules: readonly TrafficRule[] = [
  rule({
    from: "balancer",
    to: "web",
    network: "private",
    protocol: "tcp",
    ports: [ports.nginxHttp],
    why: "visitors' requests and the health check",
  }),
  rule({
    from: "balancer",
    to: "web",
    network: "private",
    protocol: "tcp",
    ports: [ports.nginxHttps],
    when: passesThrough,
    why: "visitors' TLS, ended by nginx",
  }),
  rule({
    from: "web",
    to: "database",
    network: "private",
    protocol: "tcp",
    ports: [ports.mysql],
    users: [users.haproxy],
    why: "the application's queries, through HAProxy",
  }),
  rule({
    from: "web",
    to: "database",
    network: "private",
    protocol: "tcp",
    ports: [ports.memberRole],
    users: [users.haproxy],
    why: "HAProxy asks who is the primary",
  }),
  rule({
    from: "web",
    to: "web",
    network: "private",
    protocol: "tcp",
    ports: [ports.databaseRelay, ports.databaseRelayHealth],
    users: [users.haproxy],
    why: "HAProxy reaches the primary through another web server when it cannot reach it itself",
  }),
  rule({
    from: "web",
    to: "database",
    network: "private",
    protocol: "tcp",
    ports: [ports.databaseRelay, ports.databaseRelayHealth],
    users: [users.haproxy],
    when: relaying,
    why: "HAProxy reaches the primary through a database member when it cannot reach it itself",
  }),
  rule({
    from: "database",
    to: "database",
    network: "private",
    protocol: "tcp",
    ports: [ports.mysql, ports.memberRole],
    users: [users.haproxy],
    when: relaying,
    why: "HAProxy of a database member relays to the primary",
  }),
  rule({
    from: "database",
    to: "database",
    network: "private",
    protocol: "tcp",
    ports: [ports.mysql, ports.mysqlGroup],
    users: [users.mysql],
    why: "clone, recovery and group communication",
  }),
  rule({
    from: "database",
    to: "database",
    network: "private",
    protocol: "tcp",
    ports: [ports.memberRole],
    users: [users.root],
    why: "members ask each other's state before they form or join the group",
  }),
  rule({
    from: "administrators",
    to: "every server",
    network: "public",
    protocol: "tcp",
    ports: [ports.ssh],
    when: administered,
    why: "administration",
  }),
  rule({
    from: "internet",
    to: "every server",
    network: "public",
    protocol: "icmp",
    ports: [],
    why: "path MTU discovery and reachability checks",
  }),
  rule({
    from: "every server",
    to: "internet",
    network: "public",
    protocol: "icmp",
    ports: [],
    users: [users.root],
    why: "diagnosis by administrators",
  }),
  rule({
    from: "every server",
    to: "resolvers",
    network: "public",
    protocol: "udp",
    ports: [ports.dns],
    users: [users.dns],
    why: "name resolution",
  }),
  rule({
    from: "every server",
    to: "resolvers",
    network: "public",
    protocol: "tcp",
    ports: [ports.dns],
    users: [users.dns],
    why: "name resolution, large answers",
  }),
  rule({
    from: "every server",
    to: "internet",
    network: "public",
    protocol: "udp",
    ports: [ports.ntp],
    users: [users.time],
    why: "time",
  }),
  rule({
    from: "every server",
    to: "internet",
    network: "public",
    protocol: "tcp",
    ports: [ports.http, ports.https],
    users: [users.apt],
    why: "packages and security updates",
  }),
  rule({
    from: "every server",
    to: "internet",
    network: "public",
    protocol: "tcp",
    ports: [ports.https],
    users: [users.datadog],
    when: monitored,
    why: "metrics, logs and events to Datadog",
  }),
  rule({
    from: "every server",
    to: "internet",
    network: "public",
    protocol: "udp",
    ports: [ports.ntp],
    users: [users.datadog],
    when: monitored,
    why: "the agent measures how far the clock is off",
  }),
  rule({
    from: "every server",
    to: "balancer",
    network: "private",
    protocol: "tcp",
    ports: [ports.balancerHttps],
    users: [users.datadog],
    when: monitored,
    why: "days left of the balancer's certificate",
  }),
  rule({
    from: "every server",
    to: "internet",
    network: "public",
    protocol: "tcp",
    ports: [ports.https],
    users: [users.root],
    why: "fetch-release downloads our programs; a restore reads the archive",
  }),
  rule({
    from: "database",
    to: "internet",
    network: "public",
    protocol: "tcp",
    ports: [ports.https],
    users: [users.backup],
    when: backedUp,
    why: "the archive, to the object storage",
  }),
  rule({
    from: "web",
    to: "application.egress",
    network: "public",
    protocol: "tcp",
    ports: [],
    users: [users.application],
    when: reachingOut,
    why: "what the application may reach besides the database",
  }),
  rule({
    from: "every server",
    to: "metadata service",
    network: "public",
    protocol: "tcp",
    ports: [ports.http],
    users: [users.root],
    why: "cloud-init reads the server's identity",
  }),
];
