import { describe, expect, it } from "vitest";
import { drawTopology } from "../../../modules/review/drawing.js";
import { dot, mermaid } from "../../../modules/review/topology.js";
import { exampleConfig } from "../../support/config.js";
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

  it("is drawn as SVG with every server", async () => {
    const drawing = await drawTopology(exampleConfig());
    for (const name of ["alpha", "bravo", "charlie", "10.0.1.5"]) expect(drawing).toContain(name);
    expect(drawing).toContain("</svg>");
  });
});
