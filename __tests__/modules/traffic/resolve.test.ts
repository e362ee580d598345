import { describe, expect, it } from "vitest";
import type { Config } from "../../../modules/config/schema.js";
import { activeRules, inboundOf, outboundOf, type ResolvedRule } from "../../../modules/traffic/resolve.js";
import { exampleConfig, exampleSshKey } from "../../support/config.js";
import { serverOf, splitServers } from "../../support/servers.js";

const short = (rule: ResolvedRule): string =>
  `${rule.network} ${rule.protocol} ${rule.ports.join("+")} ${rule.peers.join(",")}`;
const inbound = (config: Config, name: string): string[] => inboundOf(config, serverOf(config, name)).map(short);
const outbound = (config: Config, name: string): string[] => outboundOf(config, serverOf(config, name)).map(short);

const split = exampleConfig({ servers: splitServers });
const everyDatabase = "10.0.1.31,10.0.1.32,10.0.1.33";

describe("inbound, defaults", () => {
  it("opens a server with both roles to the balancer, to its peers and to icmp, nothing else", () => {
    const all = "10.0.1.11,10.0.1.12,10.0.1.13";
    expect(inbound(exampleConfig(), "alpha")).toEqual([
      "private tcp 80 10.0.1.5",
      `private tcp 3306 ${all}`,
      `private tcp 8008 ${all}`,
      `private tcp 3306+33061 ${all}`,
      `private tcp 8008 ${all}`,
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

  it("opens a web server to the balancer's TLS and to the administrators", () => {
    expect(inbound(config, "front")).toEqual([
      "private tcp 80 10.0.1.5",
      "private tcp 443 10.0.1.5",
      "public tcp 22 198.51.100.0/24,2001:db8::/48",
      "public icmp  0.0.0.0/0,::/0",
    ]);
  });

  it("opens a database server to web servers and other members only", () => {
    expect(inbound(config, "middle")).toEqual([
      "private tcp 3306 10.0.1.21",
      "private tcp 8008 10.0.1.21",
      `private tcp 3306+33061 ${everyDatabase}`,
      `private tcp 8008 ${everyDatabase}`,
      "public tcp 22 198.51.100.0/24,2001:db8::/48",
      "public icmp  0.0.0.0/0,::/0",
    ]);
  });
});

describe("outbound", () => {
  it("lets a web server reach databases, resolvers, packages, Datadog, releases and its metadata", () => {
    expect(outbound(split, "front")).toEqual([
      `private tcp 3306 ${everyDatabase}`,
      `private tcp 8008 ${everyDatabase}`,
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

  it("lets every server fetch its release, as root", () => {
    for (const server of split.servers) {
      const releases = outboundOf(split, server).filter((rule) => rule.why.startsWith("fetch-release"));
      expect(releases.map((rule) => [short(rule), rule.users])).toEqual([["public tcp 443 0.0.0.0/0,::/0", ["root"]]]);
    }
  });

  it("names the users that may open each connection", () => {
    for (const rule of outboundOf(split, serverOf(split, "middle"))) expect(rule.users?.length).toBeGreaterThan(0);
  });

  it("lets no rule to the internet name the application, nginx, MySQL or HAProxy", () => {
    const toInternet = split.servers.flatMap((server) =>
      outboundOf(split, server).filter((rule) => rule.to === "internet"),
    );
    const allowed = new Set(toInternet.flatMap((rule) => rule.users ?? []));
    expect([...allowed].sort()).toEqual(["_apt", "_chrony", "dd-agent", "root"]);
  });

  it("has no Datadog rule when monitoring is off", () => {
    const config = exampleConfig({ monitoring: { enabled: false } });
    expect(outboundOf(config, serverOf(config, "alpha")).flatMap((rule) => rule.users)).not.toContain("dd-agent");
  });
});

describe("activeRules", () => {
  it("leaves out SSH without administrators and TLS on nginx in terminate mode", () => {
    const reached = activeRules(exampleConfig()).flatMap((rule) =>
      rule.to === "web" || rule.to === "every server" ? rule.ports : [],
    );
    expect(reached).not.toContain(22);
    expect(reached).not.toContain(443);
  });
});
