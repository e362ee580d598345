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

/** Who takes part, from the visitor to the database, and what they speak with each other. */
export interface Topology {
  readonly visitors: Participant;
  readonly cloudflare: Participant;
  readonly balancer: Participant;
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
    readonly toWeb: string;
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

/** The topology of a configuration. */
export function topologyOf(config: Config): Topology {
  const { network, loadBalancer } = config;
  const endsTls = config.tls === "terminate";
  const webPort = endsTls ? ports.nginxHttp : ports.nginxHttps;
  const duty = (role: Role): Participant["duties"][number] =>
    role === "web" ? { kind: "server", text: `web ${webPort}` } : { kind: "database", text: `database ${ports.mysql}` };
  const boxOf = ({ name, type, privateIp, roles }: ServerConfig): Participant => ({
    kind: "server",
    name,
    lines: [`${type}, ${privateIp}`],
    duties: roles.map(duty),
  });
  const webAlone = serversWithRole(config, "web").filter(({ roles }) => !roles.includes("database"));
  const balancerTask = endsTls ? "ends TLS" : "passes TLS through";
  return {
    visitors: outsider("edge", "Visitors", `TLS from ${config.cloudflare.minimumTlsVersion}`),
    cloudflare: outsider("edge", "Cloudflare", `www.${config.domain}`, "DNS, proxy, WAF"),
    balancer: outsider("balancer", "load balancer", `${loadBalancer.type}, ${network.balancerIp}`, balancerTask),
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
      toWeb: `${endsTls ? "http" : "TLS"} ${webPort}`,
      toDatabase: `MySQL ${ports.mysql}`,
      toMonitoring: `https ${ports.https}`,
    },
  };
}
