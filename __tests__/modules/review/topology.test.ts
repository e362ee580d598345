import { describe, expect, it } from "vitest";
import { drawTopology } from "../../../modules/review/drawing.js";
import { dot, mermaid } from "../../../modules/review/topology.js";
import { exampleConfig } from "../../support/config.js";
import { temporaryFolder, writeBelow } from "../../support/payload-files.js";
import { splitServers } from "../../support/servers.js";

describe("the topology", () => {
  it("of the example is a chart of visitors, Cloudflare, balancer and servers", () => {
    expect(mermaid(exampleConfig())).toBe(`flowchart LR
  visitors["Visitors"]
  cloudflare["Cloudflare<br>www.foobar.com"]
  subgraph network ["private network 10.0.1.0/24, nbg1"]
    balancer["load balancer<br>lb11, 10.0.1.5"]
    alpha["alpha<br>cpx22, 10.0.1.11<br>web + database"]
    bravo["bravo<br>cpx22, 10.0.1.12<br>web + database"]
    charlie["charlie<br>cpx22, 10.0.1.13<br>web + database"]
  end
  visitors -->|"https 443"| cloudflare
  cloudflare -->|"https 443"| balancer
  balancer -->|"http 80"| alpha
  balancer -->|"http 80"| bravo
  balancer -->|"http 80"| charlie
  alpha <-->|"replication 33061"| bravo
  alpha <-->|"replication 33061"| charlie
  bravo <-->|"replication 33061"| charlie
`);
  });

  it("shows the way from web servers to database members when they are apart", () => {
    const chart = mermaid(exampleConfig({ servers: splitServers, tls: "passthrough" }));
    expect(chart).toContain('balancer -->|"TLS 443"| front');
    expect(chart.match(/front -->\|"MySQL 3306"\|/g)).toHaveLength(3);
    expect(chart.match(/replication/g)).toHaveLength(3);
  });

  it("has the same connections in Graphviz' language", () => {
    const arrows = (text: string, pattern: RegExp) => text.match(pattern)?.length;
    expect(arrows(dot(exampleConfig()), /->/g)).toBe(arrows(mermaid(exampleConfig()), /-->/g));
  });

  it("shows six web servers each, and more than that as one box", () => {
    const webServers = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `web-${index}`,
          { privateIp: `10.0.1.${140 + index}`, roles: ["web" as const], ...(index === 3 && { type: "cx43" }) },
        ]),
      );
    expect(mermaid(exampleConfig({ servers: webServers(6) })).match(/ web-\d\[/g)).toHaveLength(6);
    const chart = mermaid(exampleConfig({ servers: webServers(7) }));
    expect(chart).not.toMatch(/ web-\d\[/);
    expect(chart).toContain('    web_servers["7 servers<br>web-0 to web-6<br>cpx22, cx43<br>web"]\n');
    expect(chart.match(/balancer -->\|"http 80"\| (\w+)/g)).toHaveLength(4);
    expect(chart.match(/web_servers -->\|"MySQL 3306"\|/g)).toHaveLength(3);
  });
});

describe("the drawing", () => {
  it("is SVG with every server", async () => {
    const { source, svg } = await drawTopology(exampleConfig(), temporaryFolder());
    expect(source).toBe(dot(exampleConfig()));
    for (const name of ["alpha", "bravo", "charlie", "10.0.1.5"]) expect(svg).toContain(name);
    expect(svg).toContain("</svg>");
  });

  it("is taken from the folder where it shows the same, and made anew where it does not", async () => {
    const folder = temporaryFolder();
    writeBelow(folder, [
      { path: "topology.svg", content: "<svg>of a former run</svg>" },
      { path: "topology.dot", content: dot(exampleConfig()) },
    ]);
    expect((await drawTopology(exampleConfig(), folder)).svg).toBe("<svg>of a former run</svg>");
    const other = exampleConfig({ servers: splitServers });
    expect((await drawTopology(other, folder)).svg).toContain("front");
  });
});
