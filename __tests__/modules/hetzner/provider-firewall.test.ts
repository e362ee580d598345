import { describe, expect, it } from "vitest";
import type { Config } from "../../../modules/config/schema.js";
import { providerFirewallRules, ProviderFirewall } from "../../../modules/hetzner/provider-firewall.js";
import { exampleConfig } from "../../support/config.js";
import { serverOf, splitServers } from "../../support/servers.js";
import { onlyResource, synthesize } from "../../support/synth.js";

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

it("the provider firewall has the reviewed rules, and accepts only ICMP from the internet by default", async () => {
  const rules = firewall(exampleConfig())["rule"] as readonly Readonly<Record<string, string>>[];
  const lines = rules.map((rule) => `${Object.values(rule).join(" ")}\n`);
  await expect(lines.join("")).toMatchFileSnapshot("provider-firewall.txt");
});

it("the provider firewall has the name and labels of its server, and is attached only to this server", () => {
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

describe("ProviderFirewall with every setting", () => {
  const config = exampleConfig({
    servers: splitServers,
    tls: "passthrough",
    administrators: {
      cidrs: ["198.51.100.0/24", "2001:db8::/48"],
      sshKeys: { ada: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJj8pTqGz1bq3SG7C0nb1hnUjZ9X1Y7Fdx4u3q9xZ1aB ada" },
    },
  });

  it("the provider firewall of every server opens SSH to the administrators' networks", () => {
    for (const { name } of config.servers)
      expect(inbound(config, name)).toContainEqual({
        direction: "in",
        protocol: "tcp",
        port: "22",
        sourceIps: ["198.51.100.0/24", "2001:db8::/48"],
        description: "administration",
      });
  });

  it("for every role and TLS mode, the provider firewall accepts only SSH and ICMP on public addresses", () => {
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
