import { describe, expect, it } from "vitest";
import type { Config } from "../../../modules/config/schema.js";
import { activeRules, inboundOf, outboundOf, type ResolvedRule } from "../../../modules/derived/traffic/resolve.js";
import { exampleConfig, exampleSshKey } from "../../support/config.js";
import { serverOf, splitServers, spread } from "../../support/servers.js";

const short = (rule: ResolvedRule): string =>
  `${rule.network} ${rule.protocol} ${rule.ports.join("+")} ${rule.peers.join(",")}`;
const inbound = (config: Config, name: string): string[] => inboundOf(config, serverOf(config, name)).map(short);
const outbound = (config: Config, name: string): string[] => outboundOf(config, serverOf(config, name)).map(short);

const split = exampleConfig({ servers: splitServers });
const databases = "10.0.1.8/29";
const everybody = "10.0.1.8/29,10.0.1.128/25";

describe("inbound, defaults", () => {
  it("a server with both roles accepts connections only from the load balancer and its peers, and ICMP", () => {
    expect(inbound(exampleConfig(), "alpha")).toEqual([
      "private tcp 80 10.0.1.5",
      `private tcp 3306 ${everybody}`,
      `private tcp 8008 ${everybody}`,
      `private tcp 6448+6449 ${everybody}`,
      `private tcp 3306+33061 ${databases}`,
      `private tcp 8008 ${databases}`,
      "public icmp  0.0.0.0/0,::/0",
    ]);
  });
});

describe("inbound, everything set", () => {
  const config = exampleConfig({
    servers: splitServers,
    tls: "passthrough",
    administrators: { cidrs: ["198.51.100.0/24", "2001:db8::/48"], sshKeys: { jane: exampleSshKey } },
  });

  it("a web server accepts TLS from the load balancer and SSH from the administrators", () => {
    expect(inbound(config, "front")).toEqual([
      "private tcp 80 10.0.1.5",
      "private tcp 443 10.0.1.5",
      `private tcp 6448+6449 ${everybody}`,
      "public tcp 22 198.51.100.0/24,2001:db8::/48",
      "public icmp  0.0.0.0/0,::/0",
    ]);
  });

  it("a database server accepts MySQL from web servers and members, and group communication only from members", () => {
    expect(inbound(config, "middle")).toEqual([
      `private tcp 3306 ${everybody}`,
      `private tcp 8008 ${everybody}`,
      `private tcp 3306+33061 ${databases}`,
      `private tcp 8008 ${databases}`,
      "public tcp 22 198.51.100.0/24,2001:db8::/48",
      "public icmp  0.0.0.0/0,::/0",
    ]);
  });
});

describe("a database server in several locations", () => {
  it("relays the writes of web servers that cannot reach the primary", () => {
    const config = exampleConfig(spread);
    expect(inbound(config, "charlie")).toContain(`private tcp 6448+6449 ${everybody}`);
    expect(inbound(split, "left")).not.toContain(`private tcp 6448+6449 ${everybody}`);
    const relaying = outboundOf(config, serverOf(config, "charlie")).filter(({ users }) => users?.includes("haproxy"));
    expect(relaying.map(short)).toEqual([`private tcp 3306+8008 ${databases}`]);
  });
});

describe("outbound", () => {
  it("a web server may connect to databases, resolvers, package archives, Datadog, releases and its metadata", () => {
    expect(outbound(split, "front")).toEqual([
      `private tcp 3306 ${databases}`,
      `private tcp 8008 ${databases}`,
      `private tcp 6448+6449 ${everybody}`,
      "public icmp  0.0.0.0/0,::/0",
      "public udp 53 185.12.64.1,185.12.64.2,2a01:4ff:ff00::add:1,2a01:4ff:ff00::add:2",
      "public tcp 53 185.12.64.1,185.12.64.2,2a01:4ff:ff00::add:1,2a01:4ff:ff00::add:2",
      "public udp 123 0.0.0.0/0,::/0",
      "public tcp 80+443 0.0.0.0/0,::/0",
      "public tcp 443 0.0.0.0/0,::/0",
      "public udp 123 0.0.0.0/0,::/0",
      "private tcp 443 10.0.1.5",
      "public tcp 443 0.0.0.0/0,::/0",
      "public tcp 80 169.254.169.254",
    ]);
  });

  it("allows every server to download its release as root", () => {
    for (const server of split.servers) {
      const releases = outboundOf(split, server).filter((rule) => rule.why.startsWith("fetch-release"));
      expect(releases.map((rule) => [short(rule), rule.users])).toEqual([["public tcp 443 0.0.0.0/0,::/0", ["root"]]]);
    }
  });

  it("lists the users that may open each outbound connection", () => {
    for (const rule of outboundOf(split, serverOf(split, "middle"))) expect(rule.users?.length).toBeGreaterThan(0);
  });

  it("allows no connection to the internet for the application, nginx, MySQL or HAProxy", () => {
    const toInternet = split.servers.flatMap((server) =>
      outboundOf(split, server).filter((rule) => rule.to === "internet"),
    );
    const allowed = new Set(toInternet.flatMap((rule) => rule.users ?? []));
    expect([...allowed].sort()).toEqual(["_apt", "_chrony", "dd-agent", "root"]);
  });

  it("allows only the application to connect to the networks of application.egress, each on its own ports", () => {
    const config = exampleConfig({
      application: {
        egress: [
          { cidr: "198.51.100.0/28", ports: [443, 8443] },
          { cidr: "::/0", ports: [25] },
        ],
      },
      servers: splitServers,
    });
    const own = (name: string): unknown[] =>
      outboundOf(config, serverOf(config, name))
        .filter((rule) => rule.users?.includes("app"))
        .map((rule) => [short(rule), rule.users]);
    const both = [
      ["public tcp 443+8443 198.51.100.0/28", ["app"]],
      ["public tcp 25 ::/0", ["app"]],
    ];
    expect(config.servers.map(({ roles, name }) => [roles.includes("web"), own(name)])).toEqual(
      config.servers.map(({ roles }) => [roles.includes("web"), roles.includes("web") ? both : []]),
    );
    expect(activeRules(exampleConfig()).map(({ to }) => to)).not.toContain("application.egress");
  });

  it("has no Datadog rule if monitoring is disabled", () => {
    const config = exampleConfig({ monitoring: { enabled: false } });
    expect(outboundOf(config, serverOf(config, "alpha")).flatMap((rule) => rule.users)).not.toContain("dd-agent");
  });
});

describe("growth", () => {
  it("additional servers change no rule of existing servers", () => {
    const grown = exampleConfig({
      servers: {
        delta: { privateIp: "10.0.1.14", roles: ["database"] },
        echo: { privateIp: "10.0.1.15" },
        front: { privateIp: "10.0.1.128", roles: ["web"] },
      },
    });
    expect(inbound(grown, "alpha")).toEqual(inbound(exampleConfig(), "alpha"));
    expect(outbound(grown, "alpha")).toEqual(outbound(exampleConfig(), "alpha"));
  });
});
