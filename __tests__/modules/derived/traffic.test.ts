import { expect, it } from "vitest";
import type { Config } from "../../../modules/config/schema.js";
import { activeRules, inboundOf, outboundOf, type ResolvedRule } from "../../../modules/derived/traffic/resolve.js";
import { exampleConfig } from "../../support/config.js";
import { serverOf, splitServers } from "../../support/servers.js";

const short = (rule: ResolvedRule): string =>
  `${rule.network} ${rule.protocol} ${rule.ports.join("+")} ${rule.peers.join(",")}`;
const inbound = (config: Config, name: string): string[] => inboundOf(config, serverOf(config, name)).map(short);
const outbound = (config: Config, name: string): string[] => outboundOf(config, serverOf(config, name)).map(short);

const split = exampleConfig({ servers: splitServers });

it("the traffic rules allow every server to download its release as root", () => {
  for (const server of split.servers) {
    const releases = outboundOf(split, server).filter((rule) => rule.why.startsWith("fetch-release"));
    expect(releases.map((rule) => [short(rule), rule.users])).toEqual([["public tcp 443 0.0.0.0/0,::/0", ["root"]]]);
  }
});

it("the traffic rules allow the application, nginx, MySQL and HAProxy no connection to the internet", () => {
  const toInternet = split.servers.flatMap((server) =>
    outboundOf(split, server).filter((rule) => rule.to === "internet"),
  );
  const allowed = new Set(toInternet.flatMap((rule) => rule.users ?? []));
  expect([...allowed].sort()).toEqual(["_apt", "_chrony", "dd-agent", "root"]);
});

it("the traffic rules allow only the application to connect to the networks of application.egress, and only on their ports", () => {
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

it("additional servers do not change any traffic rule of existing servers", () => {
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
