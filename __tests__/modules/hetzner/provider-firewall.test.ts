import { describe, expect, it } from "vitest";
import type { Config } from "../../../modules/config/schema.js";
import { providerFirewallRules, ProviderFirewall } from "../../../modules/hetzner/provider-firewall.js";
import { exampleConfig } from "../../support/config.js";
import { serverOf, splitServers } from "../../support/servers.js";
import { onlyResource, synthesize } from "../../support/synth.js";

const everywhere = ["0.0.0.0/0", "::/0"];
const resolvers = ["185.12.64.1/32", "185.12.64.2/32", "2a01:4ff:ff00::add:1/128", "2a01:4ff:ff00::add:2/128"];
const firewall = (config: Config) =>
  onlyResource(
    synthesize(
      config,
      (stack) => new ProviderFirewall(stack, "firewall", { config, server: serverOf(config, "alpha") }),
    ),
    "hcloud_firewall",
  );
const inbound = (config: Config, name: string) =>
  providerFirewallRules(config, serverOf(config, name)).filter((rule) => rule.direction === "in");

describe("ProviderFirewall with defaults", () => {
  it("the provider firewall accepts only ICMP inbound, and outbound only the traffic of the rule table", () => {
    expect(firewall(exampleConfig())["rule"]).toEqual([
      {
        direction: "in",
        protocol: "icmp",
        source_ips: everywhere,
        description: "path MTU discovery and reachability checks",
      },
      { direction: "out", protocol: "icmp", destination_ips: everywhere, description: "diagnosis by administrators" },
      { direction: "out", protocol: "udp", port: "53", destination_ips: resolvers, description: "name resolution" },
      {
        direction: "out",
        protocol: "tcp",
        port: "53",
        destination_ips: resolvers,
        description: "name resolution, large answers",
      },
      {
        direction: "out",
        protocol: "udp",
        port: "123",
        destination_ips: everywhere,
        description: "time; the agent measures how far the clock is off",
      },
      {
        direction: "out",
        protocol: "tcp",
        port: "80",
        destination_ips: everywhere,
        description: "packages and security updates",
      },
      {
        direction: "out",
        protocol: "tcp",
        port: "443",
        destination_ips: everywhere,
        description:
          "packages and security updates; metrics, logs and events to Datadog; fetch-release downloads our programs; a restore reads the archive",
      },
    ]);
  });

  it("the provider firewall has the name and labels of its server, and only the server attaches it", () => {
    const { name, labels, apply_to: applyTo } = firewall(exampleConfig());
    expect({ name, labels, applyTo }).toEqual({
      name: "production-alpha",
      labels: {
        environment: "production",
        "managed-by": "cdktf",
        server: "alpha",
        "role-web": "true",
        "role-database": "true",
      },
      applyTo: undefined,
    });
  });
});

describe("ProviderFirewall with every setting", () => {
  const config = exampleConfig({
    servers: splitServers,
    tls: "passthrough",
    administrators: {
      cidrs: ["198.51.100.0/24", "2001:db8::/48"],
      sshKeys: { ada: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJj8pTqGz1bq3SG7C0nb1hnUjZ9X1Y7Fdx4u3q9xZ1aB ada" },
    },
  });

  it("the provider firewall opens SSH to the administrators' networks on every server", () => {
    for (const { name } of config.servers)
      expect(inbound(config, name)).toContainEqual({
        direction: "in",
        protocol: "tcp",
        port: "22",
        sourceIps: ["198.51.100.0/24", "2001:db8::/48"],
        description: "administration",
      });
  });

  it("the provider firewall opens no other port on a public address for any role and TLS mode", () => {
    for (const { name } of config.servers)
      expect(inbound(config, name).map((rule) => rule.port ?? rule.protocol)).toEqual(["22", "icmp"]);
  });

  it("the provider firewall describes each rule in at most 255 characters, Hetzner's limit", () => {
    for (const server of config.servers)
      for (const rule of providerFirewallRules(config, server))
        expect(rule.description?.length).toBeLessThanOrEqual(255);
  });

  it("the provider firewall never contains two rules for the same traffic", () => {
    const rules = providerFirewallRules(config, serverOf(config, "front")).map((rule) =>
      JSON.stringify({ ...rule, description: "" }),
    );
    expect(new Set(rules).size).toBe(rules.length);
  });
});
