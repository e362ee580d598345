import { formerOf } from "../config/agreement.js";
import { serversWithRole, type Config, type Role, type ServerConfig } from "../config/schema.js";
import { ports } from "../platform/ports.js";

/** Kind of a participant, which decides its colour. */
export type Kind = "edge" | "balancer" | "server" | "database" | "monitoring";

/** Something that takes part, and what there is to say of it. */
export interface Participant {
  readonly kind: Kind;
  readonly name: string;
  readonly lines: readonly string[];
  /** What a server does, each with a colour of its own. */
  readonly duties: readonly { readonly kind: Kind; readonly text: string }[];
}

/** A load balancer, and what it speaks with the web servers. */
export interface Balancer extends Participant {
  readonly toWeb: string;
}

/** Who takes part, from the visitor to the database, and what they speak with each other. */
export interface Topology {
  readonly visitors: Participant;
  readonly cloudflare: Participant;
  /** One, and while it takes over from another that one too. */
  readonly balancers: readonly Balancer[];
  /** Servers with the role web alone: a box each, or one for all. */
  readonly webServers: readonly Participant[];
  /** Servers with the role database, whatever else they do. */
  readonly databaseServers: readonly Participant[];
  /** @default - monitoring is off */
  readonly monitoring?: Participant;
  readonly titles: { readonly picture: string; readonly network: string; readonly group: string };
  readonly spoken: {
    readonly toCloudflare: string;
    readonly toBalancer: string;
    readonly toDatabase: string;
    readonly toMonitoring: string;
  };
}

/** When there are more servers with the role web alone than this, one box stands for all of them. */
const mostBoxes = 6;

function inBoxes(servers: readonly ServerConfig[], boxOf: (server: ServerConfig) => Participant): Participant[] {
  const [first, last] = [servers[0], servers.at(-1)];
  if (!first || !last || servers.length <= mostBoxes) return servers.map(boxOf);
  const types = [...new Set(servers.map(({ type }) => type))].join(", ");
  return [{ ...boxOf(first), name: `${servers.length} servers`, lines: [`${first.name} to ${last.name}`, types] }];
}

const outsider = (kind: Kind, name: string, ...lines: readonly string[]): Participant => ({
  kind,
  name,
  lines,
  duties: [],
});

/** Where a balancer reaches a web server. */
const webPortOf = ({ tls }: Config): number => (tls === "terminate" ? ports.nginxHttp : ports.nginxHttps);

function balancerOf(config: Config, ...lines: readonly string[]): Balancer {
  const endsTls = config.tls === "terminate";
  const task = endsTls ? "ends TLS" : "passes TLS through";
  const place = `${config.loadBalancer.type}, ${config.network.balancerIp}`;
  return {
    ...outsider("balancer", "load balancer", place, task, ...lines),
    toWeb: `${endsTls ? "http" : "TLS"} ${webPortOf(config)}`,
  };
}

/** The topology of a configuration. */
export function topologyOf(config: Config): Topology {
  const { network } = config;
  const former = formerOf(config);
  const duty = (role: Role): Participant["duties"][number] =>
    role === "web"
      ? { kind: "server", text: `web ${webPortOf(config)}` }
      : { kind: "database", text: `database ${ports.mysql}` };
  const boxOf = ({ name, type, privateIp, roles }: ServerConfig): Participant => ({
    kind: "server",
    name,
    lines: [`${type}, ${privateIp}`],
    duties: roles.map(duty),
  });
  const webAlone = serversWithRole(config, "web").filter(({ roles }) => !roles.includes("database"));
  return {
    visitors: outsider("edge", "Visitors", `TLS from ${config.cloudflare.minimumTlsVersion}`),
    cloudflare: outsider("edge", "Cloudflare", `www.${config.domain}`, "DNS, proxy, WAF"),
    balancers: [balancerOf(config), ...(former ? [balancerOf(former, "until the rollout ends")] : [])],
    webServers: inBoxes(webAlone, boxOf),
    databaseServers: serversWithRole(config, "database").map(boxOf),
    ...(config.monitoring.enabled && {
      monitoring: outsider("monitoring", "Datadog", "an agent on", "every server"),
    }),
    titles: {
      picture: `Topology of www.${config.domain}`,
      network: `private network ${network.subnet}, ${config.location}`,
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
