import { describe, expect, it } from "vitest";
import { inboundOf } from "../../modules/derived/traffic/resolve.js";
import { plainFilesOf } from "../../modules/machine/compose/index.js";
import { exampleConfig } from "../support/config.js";
import { synthesizeEnvironment } from "../support/environment.js";
import { addressesIn, resources, type Synthesized } from "../support/synth.js";

const config = exampleConfig({
  servers: { bravo: { location: "fsn1" }, charlie: { location: "hel1", roles: ["database"] } },
  loadBalancer: { second: { location: "fsn1", privateIp: "10.0.1.6" } },
});
const one = synthesizeEnvironment(exampleConfig({ servers: { charlie: { roles: ["database"] } } }));
const several = synthesizeEnvironment(config);

const locationsIn = (stack: Synthesized, type: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(resources(stack, type)).map(([id, { location }]) => [id, location]));

describe("the stacks of an environment in several locations", () => {
  it("in several locations, each server, its volume and its public addresses are created in the server's location", () => {
    const places = { alpha: "nbg1", bravo: "fsn1", charlie: "hel1" };
    const named = (name: (server: string) => readonly string[]) =>
      Object.fromEntries(Object.entries(places).flatMap(([server, place]) => name(server).map((id) => [id, place])));
    expect(locationsIn(several.servers, "hcloud_server")).toEqual(places);
    expect(locationsIn(several.foundation, "hcloud_volume")).toEqual(named((server) => [`${server}_data`]));
    expect(locationsIn(several.foundation, "hcloud_primary_ip")).toEqual(
      named((server) => [`${server}_address_ipv4`, `${server}_address_ipv6`]),
    );
  });

  it("several locations add only the second load balancer to the edge stack, and remove only the AAAA records", () => {
    const [before, after] = [addressesIn(one.edge), addressesIn(several.edge)];
    expect(after.filter((address) => !before.includes(address))).toEqual([
      "hcloud_load_balancer.balancer-second",
      "hcloud_load_balancer_network.balancer-second_network",
      "hcloud_load_balancer_service.balancer-second_service-443",
      "hcloud_load_balancer_target.balancer-second_alpha",
      "hcloud_load_balancer_target.balancer-second_bravo",
    ]);
    expect(before.filter((address) => !after.includes(address))).toEqual([
      "cloudflare_dns_record.site_apex-aaaa",
      "cloudflare_dns_record.site_www-aaaa",
    ]);
  });

  it("the second load balancer has its own location and address, and all its other properties equal those of the first load balancer", () => {
    const text = JSON.stringify(
      ["", "_network", "_service", "_target"].map((kind) =>
        Object.entries(resources(several.edge, `hcloud_load_balancer${kind}`))
          .filter(([id]) => id.startsWith("balancer-second"))
          .map(([, attributes]) => attributes),
      ),
    );
    const first = JSON.stringify(
      ["", "_network", "_service", "_target"].map((kind) =>
        Object.values(resources(one.edge, `hcloud_load_balancer${kind}`)),
      ),
    );
    const expected = first
      .replaceAll("load_balancer.balancer.", "load_balancer.balancer-second.")
      .replaceAll("load_balancer_network.balancer_network", "load_balancer_network.balancer-second_network")
      .replace('"location":"nbg1"', '"location":"fsn1"')
      .replace('"name":"production"', '"name":"production-second"')
      .replace('"ip":"10.0.1.5"', '"ip":"10.0.1.6"');
    expect(text).toBe(expected);
  });

  it("new DNS records contain the address of the first load balancer, and a deploy does not revert a later change of the address", () => {
    const records = Object.entries(resources(several.edge, "cloudflare_dns_record"));
    expect(records.map(([id, { type, content, lifecycle }]) => [id, type, content, lifecycle])).toEqual(
      ["site_apex-a", "site_www-a"].map((id) => [
        ...[id, "A", "${hcloud_load_balancer.balancer.ipv4}"],
        { prevent_destroy: true, ignore_changes: ["content"] },
      ]),
    );
  });

  it("in several locations, the web servers accept requests and visitors' addresses only from the two load balancers", () => {
    const [alpha] = config.servers;
    if (!alpha) throw new Error("the example has no server");
    const fromBalancer = inboundOf(config, alpha).find(({ from }) => from === "balancer");
    expect(fromBalancer?.peers).toEqual(["10.0.1.5", "10.0.1.6"]);
    const nginx = plainFilesOf(config, alpha)
      .filter(({ path }) => path.includes("/etc/nginx/"))
      .map(({ content }) => content)
      .join("\n");
    expect(nginx.match(/set_real_ip_from .*/g)).toEqual(["set_real_ip_from 10.0.1.5;", "set_real_ip_from 10.0.1.6;"]);
    expect(nginx.match(/"10\.0\.1\..* 1;/g)).toEqual(['"10.0.1.5 /healthz" 1;', '"10.0.1.6 /healthz" 1;']);
  });
});
