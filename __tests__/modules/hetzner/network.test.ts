import { expect, it } from "vitest";
import type { Config } from "../../../modules/config/schema.js";
import { PlacementGroups, PrivateNetwork, PublicAddresses } from "../../../modules/hetzner/network/index.js";
import { exampleConfig } from "../../support/config.js";
import { serverOf } from "../../support/servers.js";
import { onlyResource, resources, synthesize } from "../../support/synth.js";

const network = (config: Config) => synthesize(config, (stack) => new PrivateNetwork(stack, "network", { config }));
const groups = (config: Config) => synthesize(config, (stack) => new PlacementGroups(stack, "placement", { config }));
const addresses = (config: Config) =>
  synthesize(config, (stack) => new PublicAddresses(stack, "address", { config, server: serverOf(config, "alpha") }));

it("the private network is 10.0.0.0/16 with one protected subnet in the zone eu-central by default", () => {
  const synthesized = network(exampleConfig());
  expect(onlyResource(synthesized, "hcloud_network")).toEqual({
    name: "production",
    ip_range: "10.0.0.0/16",
    delete_protection: true,
    labels: { environment: "production", "managed-by": "cdktf" },
    lifecycle: { prevent_destroy: true },
  });
  expect(onlyResource(synthesized, "hcloud_network_subnet")).toEqual({
    network_id: "${hcloud_network.network.id}",
    type: "cloud",
    network_zone: "eu-central",
    ip_range: "10.0.1.0/24",
    lifecycle: { prevent_destroy: true },
  });
});

it("the private network uses the configured addresses", () => {
  const config = exampleConfig({
    location: "ash",
    serverType: "cpx31",
    protect: false,
    servers: {
      alpha: { privateIp: "172.16.4.11" },
      bravo: { privateIp: "172.16.4.12" },
      charlie: { privateIp: "172.16.4.13" },
    },
    network: { cidr: "172.16.0.0/12", subnet: "172.16.4.0/24", balancerIp: "172.16.4.5", zone: "us-east" },
  });
  const synthesized = network(config);
  expect(onlyResource(synthesized, "hcloud_network")).toMatchObject({
    ip_range: "172.16.0.0/12",
    delete_protection: false,
    lifecycle: { prevent_destroy: false },
  });
  expect(onlyResource(synthesized, "hcloud_network_subnet")).toMatchObject({
    ip_range: "172.16.4.0/24",
    network_zone: "us-east",
    lifecycle: { prevent_destroy: false },
  });
});

it("PlacementGroups creates one spread group by default", () => {
  expect(onlyResource(groups(exampleConfig()), "hcloud_placement_group")).toEqual({
    name: "production-servers",
    type: "spread",
    labels: { environment: "production", "managed-by": "cdktf" },
  });
});

it("PlacementGroups creates one group for each name that servers use", () => {
  const config = exampleConfig({ servers: { charlie: { placementGroup: "more" } } });
  expect(Object.keys(resources(groups(config), "hcloud_placement_group"))).toEqual([
    "placement_more",
    "placement_servers",
  ]);
});

it("PlacementGroups throws an error for a server of an unknown group", () => {
  const other = { ...serverOf(exampleConfig(), "alpha"), placementGroup: "elsewhere" };
  expect(() =>
    synthesize(exampleConfig(), (stack) =>
      new PlacementGroups(stack, "placement", { config: exampleConfig() }).of(other),
    ),
  ).toThrow("placement group elsewhere of alpha is not in this stack");
});

it("public addresses of a server are one IPv4 and one IPv6 address that are kept if the server is deleted", () => {
  const labels = {
    environment: "production",
    "managed-by": "cdktf",
    server: "alpha",
    "role-web": "true",
    "role-database": "true",
  };
  const lifecycle = { prevent_destroy: true };
  const common = { location: "nbg1", auto_delete: false, delete_protection: true, labels, lifecycle };
  expect(resources(addresses(exampleConfig()), "hcloud_primary_ip")).toEqual({
    address_ipv4: { name: "production-alpha-ipv4", type: "ipv4", ...common },
    address_ipv6: { name: "production-alpha-ipv6", type: "ipv6", ...common },
  });
});
