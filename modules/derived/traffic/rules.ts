import { ports } from "../../platform/ports.js";
import { users, type ServiceUser } from "../../platform/users.js";
import {
  administered,
  backedUp,
  monitored,
  passesThrough,
  reachingOut,
  relaying,
  type ConfigCondition,
} from "../conditions.js";

/** One end of a connection: the servers with a role, all servers, or a party outside the environment. */
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

/**
 * An allowed connection with its reason: one row of the rule table. Firewalls drop all other connections in both
 * directions.
 */
export interface TrafficRule {
  readonly from: Party;
  readonly to: Party;
  /** Network of the connection. The provider firewall filters only `public` traffic. The host firewall filters both networks. */
  readonly network: "public" | "private";
  readonly protocol: "tcp" | "udp" | "icmp";
  /**
   * Destination ports of the connection. The list is empty for ICMP and for `application.egress`, because each network
   * of `application.egress` has its own ports.
   */
  readonly ports: readonly number[];
  /** Users on the source server that may open the connection. @default - any user, because the connection comes from outside */
  readonly users?: readonly ServiceUser[];
  /** Condition under which the rule exists. @default - always */
  readonly when?: ConfigCondition;
  readonly why: string;
}

/** A connection between two parties, with its destination ports by protocol. A connection without ports uses ICMP. */
interface Connection extends Pick<TrafficRule, "users" | "when" | "why"> {
  readonly tcp?: readonly number[];
  readonly udp?: readonly number[];
}

const between = (
  from: Party,
  to: Party,
  network: TrafficRule["network"],
  connections: readonly Connection[],
): readonly TrafficRule[] =>
  connections.map(({ tcp, udp, ...rest }) => ({
    from,
    to,
    network,
    protocol: tcp ? "tcp" : udp ? "udp" : "icmp",
    ports: tcp ?? udp ?? [],
    ...rest,
  }));

/**
 * The rule table. Provider firewalls, host firewalls, the review, docs/traffic.md and the lab's tests of connections are generated from
 * this table.
 */
export const trafficRules: readonly TrafficRule[] = [
  ...between("balancer", "web", "private", [
    { tcp: [ports.nginxHttp], why: "visitors' requests and the health check" },
    { tcp: [ports.nginxHttps], when: passesThrough, why: "TLS connections of visitors, which nginx terminates" },
  ]),
  ...between("web", "database", "private", [
    { tcp: [ports.mysql], users: [users.haproxy], why: "the application's queries, through HAProxy" },
    { tcp: [ports.memberRole], users: [users.haproxy], why: "HAProxy asks which member is the primary" },
  ]),
  ...between("web", "web", "private", [
    {
      tcp: [ports.databaseRelay, ports.databaseRelayHealth],
      users: [users.haproxy],
      why: "if HAProxy cannot reach the primary, it connects through another web server",
    },
  ]),
  ...between("web", "database", "private", [
    {
      tcp: [ports.databaseRelay, ports.databaseRelayHealth],
      users: [users.haproxy],
      when: relaying,
      why: "if HAProxy cannot reach the primary, it connects through a database member",
    },
  ]),
  ...between("database", "database", "private", [
    {
      tcp: [ports.mysql, ports.memberRole],
      users: [users.haproxy],
      when: relaying,
      why: "HAProxy on a database member forwards connections to the primary",
    },
    { tcp: [ports.mysql, ports.mysqlGroup], users: [users.mysql], why: "clone, recovery and group communication" },
    {
      tcp: [ports.memberRole],
      users: [users.root],
      why: "members ask each other's state before they form or join the group",
    },
  ]),
  ...between("administrators", "every server", "public", [
    { tcp: [ports.ssh], when: administered, why: "administration" },
  ]),
  ...between("internet", "every server", "public", [{ why: "path MTU discovery and reachability checks" }]),
  ...between("every server", "internet", "public", [{ users: [users.root], why: "diagnosis by administrators" }]),
  ...between("every server", "resolvers", "public", [
    { udp: [ports.dns], users: [users.dns], why: "name resolution" },
    { tcp: [ports.dns], users: [users.dns], why: "name resolution, large answers" },
  ]),
  ...between("every server", "internet", "public", [
    { udp: [ports.ntp], users: [users.time], why: "time" },
    { tcp: [ports.http, ports.https], users: [users.apt], why: "packages and security updates" },
    { tcp: [ports.https], users: [users.datadog], when: monitored, why: "metrics, logs and events to Datadog" },
    { udp: [ports.ntp], users: [users.datadog], when: monitored, why: "the agent measures the offset of the clock" },
  ]),
  ...between("every server", "balancer", "private", [
    {
      tcp: [ports.balancerHttps],
      users: [users.datadog],
      when: monitored,
      why: "the agent checks when the load balancer's certificate expires",
    },
  ]),
  ...between("every server", "internet", "public", [
    {
      tcp: [ports.https],
      users: [users.root],
      why: "fetch-release downloads our programs; a restore reads the archive",
    },
  ]),
  ...between("database", "internet", "public", [
    {
      tcp: [ports.https],
      users: [users.backup],
      when: backedUp,
      why: "mysql-backup uploads the archive to the object storage",
    },
  ]),
  ...between("web", "application.egress", "public", [
    {
      tcp: [],
      users: [users.application],
      when: reachingOut,
      why: "the application may connect to networks in application.egress",
    },
  ]),
  ...between("every server", "metadata service", "public", [
    { tcp: [ports.http], users: [users.root], why: "cloud-init reads the server's identity" },
  ]),
];
