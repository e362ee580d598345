import type { Config, ServerConfig } from "../config/schema.js";
import { ports } from "../platform/ports.js";
import { serversWithRole } from "../config/schema.js";

interface Node {
  readonly id: string;
  readonly lines: readonly string[];
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  /** @default false */
  readonly bothWays?: boolean;
}

/** Who talks to whom, as data: outside nodes, those in the private network, and the connections. */
interface Topology {
  readonly outside: readonly Node[];
  readonly network: { readonly title: string; readonly nodes: readonly Node[] };
  readonly edges: readonly Edge[];
}

/** More servers with the role web alone than this are one box: a hundred boxes with three arrows each show nothing. */
const mostBoxes = 6;

const serverNode = ({ name, type, privateIp, roles }: ServerConfig): Node => ({
  id: name,
  lines: [name, `${type}, ${privateIp}`, roles.join(" + ")],
});

/** Many servers that have the same connections. No server can have the id: names hold no underscore. */
const groupNode = (servers: readonly ServerConfig[]): Node => ({
  id: "web_servers",
  lines: [
    `${servers.length} servers`,
    `${servers[0]?.name} to ${servers.at(-1)?.name}`,
    [...new Set(servers.map(({ type }) => type))].join(", "),
    "web",
  ],
});

/** Every unordered pair of a list. */
const pairs = <T>(items: readonly T[]): readonly (readonly [T, T])[] =>
  items.flatMap((first, index) => items.slice(index + 1).map((second) => [first, second] as const));

function topologyOf(config: Config): Topology {
  const web = serversWithRole(config, "web");
  const database = serversWithRole(config, "database");
  const httpOrHttps = config.tls === "terminate" ? `http ${ports.nginxHttp}` : `TLS ${ports.nginxHttps}`;
  const webAlone = web.filter(({ roles }) => !roles.includes("database"));
  const webBoxes = webAlone.length > mostBoxes ? [groupNode(webAlone)] : webAlone.map(serverNode);
  const webIds = [
    ...database.filter(({ roles }) => roles.includes("web")).map(({ name }) => name),
    ...webBoxes.map(({ id }) => id),
  ];
  return {
    outside: [
      { id: "visitors", lines: ["Visitors"] },
      { id: "cloudflare", lines: ["Cloudflare", `www.${config.domain}`] },
    ],
    network: {
      title: `private network ${config.network.subnet}, ${config.location}`,
      nodes: [
        { id: "balancer", lines: ["load balancer", `${config.loadBalancer.type}, ${config.network.balancerIp}`] },
        ...database.map(serverNode),
        ...webBoxes,
      ],
    },
    edges: [
      { from: "visitors", to: "cloudflare", label: `https ${ports.https}` },
      { from: "cloudflare", to: "balancer", label: `https ${ports.balancerHttps}` },
      ...webIds.map((to) => ({ from: "balancer", to, label: httpOrHttps })),
      ...webBoxes.flatMap(({ id }) =>
        database.map((member) => ({ from: id, to: member.name, label: `MySQL ${ports.mysql}` })),
      ),
      ...pairs(database).map(([first, second]) => ({
        from: first.name,
        to: second.name,
        label: `replication ${ports.mysqlGroup}`,
        bothWays: true,
      })),
    ],
  };
}

/** The topology as a Mermaid flowchart, which GitHub and most editors draw. */
export function mermaid(config: Config): string {
  const { outside, network, edges } = topologyOf(config);
  const node = ({ id, lines }: Node): string => `${id}["${lines.join("<br>")}"]`;
  return [
    "flowchart LR",
    ...outside.map((item) => `  ${node(item)}`),
    `  subgraph network ["${network.title}"]`,
    ...network.nodes.map((item) => `    ${node(item)}`),
    "  end",
    ...edges.map(({ from, to, label, bothWays }) => `  ${from} ${bothWays ? "<-->" : "-->"}|"${label}"| ${to}`),
    "",
  ].join("\n");
}

/** The topology in Graphviz' language. */
export function dot(config: Config): string {
  const { outside, network, edges } = topologyOf(config);
  const node = ({ id, lines }: Node): string => `"${id}" [label="${lines.join("\\n")}"];`;
  return [
    "digraph topology {",
    "  rankdir=LR;",
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...outside.map((item) => `  ${node(item)}`),
    "  subgraph cluster_network {",
    `    label="${network.title}"; fontname="sans-serif"; style="rounded,dashed";`,
    ...network.nodes.map((item) => `    ${node(item)}`),
    "  }",
    ...edges.map(
      ({ from, to, label, bothWays }) =>
        `  "${from}" -> "${to}" [label="${label}"${bothWays ? ", dir=both, constraint=false" : ""}];`,
    ),
    "}",
    "",
  ].join("\n");
}
