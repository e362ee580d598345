import { formerOf } from "../derived/agreement.js";
import { balancersOf, locationsOf } from "../derived/balancer.js";
import { serversWithRole, type Config, type Role, type ServerConfig } from "../config/schema.js";
import { ports } from "../platform/ports.js";

/** Kind of a participant, which determines its colour in the diagram. */
export type ParticipantKind = "edge" | "balancer" | "server" | "database" | "monitoring";

/** A participant in the topology diagram: a server, a load balancer or an external service. */
export interface Participant {
  readonly kind: ParticipantKind;
  readonly name: string;
  readonly lines: readonly string[];
  /** Services of a server. Each service has its own colour. */
  readonly duties: readonly { readonly kind: ParticipantKind; readonly text: string }[];
}

/** A load balancer, with the protocol between the load balancer and the web servers. */
export interface TopologyBalancer extends Participant {
  readonly toWeb: string;
}

/** All participants from the visitors to the database, with the protocols between them. */
export interface Topology {
  readonly visitors: Participant;
  readonly cloudflare: Participant;
  /** Active load balancers. During a migration, the list also contains the previous load balancer. */
  readonly balancers: readonly TopologyBalancer[];
  /** Boxes of the servers that have only the role `web`: one box for each server, or a common box for all. */
  readonly webServers: readonly Participant[];
  /** Servers with the role `database`, with or without other roles. */
  readonly databaseServers: readonly Participant[];
  /** Box of Datadog. @default - none, because monitoring is off */
  readonly monitoring?: Participant;
  readonly titles: { readonly picture: string; readonly network: string; readonly group: string };
  readonly spoken: {
    readonly toCloudflare: string;
    readonly toBalancer: string;
    readonly toDatabase: string;
    readonly toMonitoring: string;
  };
}

/**
 * Maximum number of boxes for servers that have only the role `web`. If there are more servers, a common box represents
 * all of them.
 */
const mostBoxes = 6;

function inBoxes(servers: readonly ServerConfig[], boxOf: (server: ServerConfig) => Participant): Participant[] {
  const [first, last] = [servers[0], servers.at(-1)];
  if (!first || !last || servers.length <= mostBoxes) return servers.map(boxOf);
  const types = [...new Set(servers.map(({ type }) => type))].join(", ");
  return [{ ...boxOf(first), name: `${servers.length} servers`, lines: [`${first.name} to ${last.name}`, types] }];
}

const outsider = (kind: ParticipantKind, name: string, ...lines: readonly string[]): Participant => ({
  kind,
  name,
  lines,
  duties: [],
});

/** Returns the port to which the load balancer connects on a web server. */
const webPortOf = ({ tls }: Config): number => (tls === "terminate" ? ports.nginxHttp : ports.nginxHttps);

/** Returns the private address of a participant, followed by its location if there are several locations. */
const placeOf = (config: Config, { privateIp, location }: Pick<ServerConfig, "privateIp" | "location">): string =>
  locationsOf(config).length > 1 ? `${privateIp}, ${location}` : privateIp;

function balancerOf(
  config: Config,
  balancer: Pick<ServerConfig, "privateIp" | "location">,
  ...lines: readonly string[]
): TopologyBalancer {
  const endsTls = config.tls === "terminate";
  const task = endsTls ? "terminates TLS" : "passes TLS through";
  const place = `${config.loadBalancer.type}, ${placeOf(config, balancer)}`;
  return {
    ...outsider("balancer", "load balancer", place, task, ...lines),
    toWeb: `${endsTls ? "http" : "TLS"} ${webPortOf(config)}`,
  };
}

/** Returns the topology of a configuration. */
export function topologyOf(config: Config): Topology {
  const { network } = config;
  const former = formerOf(config);
  const duty = (role: Role): Participant["duties"][number] =>
    role === "web"
      ? { kind: "server", text: `web ${webPortOf(config)}` }
      : { kind: "database", text: `database ${ports.mysql}` };
  const boxOf = (server: ServerConfig): Participant => ({
    kind: "server",
    name: server.name,
    lines: [`${server.type}, ${placeOf(config, server)}`],
    duties: server.roles.map(duty),
  });
  const webAlone = serversWithRole(config, "web").filter(({ roles }) => !roles.includes("database"));
  return {
    visitors: outsider("edge", "Visitors", `TLS from ${config.cloudflare.minimumTlsVersion}`),
    cloudflare: outsider("edge", "Cloudflare", `www.${config.domain}`, "DNS, proxy, WAF"),
    balancers: [
      ...balancersOf(config).map((balancer) => balancerOf(config, balancer)),
      ...(former ? balancersOf(former).map((balancer) => balancerOf(former, balancer, "until the rollout ends")) : []),
    ],
    webServers: inBoxes(webAlone, boxOf),
    databaseServers: serversWithRole(config, "database").map(boxOf),
    ...(config.monitoring.enabled && {
      monitoring: outsider("monitoring", "Datadog", "an agent on", "every server"),
    }),
    titles: {
      picture: `Topology of www.${config.domain}`,
      network: `private network ${network.subnet}, ${locationsOf(config).join(", ")}`,
      group: `MySQL group, ${ports.mysqlGroup}`,
    },
    spoken: {
      toCloudflare: `https ${ports.https}`,
      toBalancer: `https ${ports.balancerHttps}`,
      toDatabase: `MySQL ${ports.mysql}`,
      toMonitoring: `https ${ports.https}`,
    },
  };
}
