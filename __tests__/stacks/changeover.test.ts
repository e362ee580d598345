import { describe, expect, it } from "vitest";
import { exampleConfig } from "../support/config.js";
import { synthesizeEnvironment } from "../support/environment.js";
import { addressesIn, onlyResource, resources, type Synthesized } from "../support/synth.js";

const second = { tls: "passthrough", network: { balancerIp: "10.0.1.6" } } as const;
const change = { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } } as const;
const before = synthesizeEnvironment(exampleConfig());
const during = synthesizeEnvironment(exampleConfig({ ...second, loadBalancer: change }));
const after = synthesizeEnvironment(exampleConfig({ ...second, loadBalancer: { number: 2 } }));

/** Resources of the edge without those that are there as often as another number says. */
const always = (edge: Synthesized): readonly string[] =>
  addressesIn(edge).filter((address) => {
    const [type = "", id = ""] = address.split(".");
    return edge.resource?.[type]?.[id]?.["count"] === undefined;
  });
const both = "(terraform_data.changeover_only.input != 2)";
const counts = (edge: Synthesized): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    addressesIn(edge).flatMap((address) => {
      const [type = "", id = ""] = address.split(".");
      const count = edge.resource?.[type]?.[id]?.["count"];
      return count === undefined ? [] : [[address, count]];
    }),
  );
const labelOf = (server: string): string =>
  `lookup(data.terraform_remote_state.cross-stack-reference-input-production-servers.outputs.cross-stack-output-hcloud_server-${server}-labels, "balancer", "none")`;

describe("the stacks while a balancer takes over from another one", () => {
  it("keep every address that there was, and have a second balancer under names of its own", () => {
    expect(addressesIn(during.edge)).toEqual(expect.arrayContaining([...addressesIn(before.edge)]));
    const added = addressesIn(during.edge).filter((address) => !addressesIn(before.edge).includes(address));
    expect(added).toEqual([
      "cloudflare_authenticated_origin_pulls_certificate.site_origin-pull-certificate",
      "cloudflare_authenticated_origin_pulls_settings.site_origin-pull-settings",
      "hcloud_load_balancer.balancer-2",
      "hcloud_load_balancer_network.balancer-2_network",
      "hcloud_load_balancer_service.balancer-2_service-443",
      "hcloud_load_balancer_target.balancer-2_alpha",
      "hcloud_load_balancer_target.balancer-2_bravo",
      "hcloud_load_balancer_target.balancer-2_charlie",
      "terraform_data.changeover_only",
      "terraform_data.changeover_used",
    ]);
  });

  it("leave the first balancer as it was, but for how many there are of it", () => {
    const ofFirst = ({ edge }: typeof before) =>
      [
        "hcloud_load_balancer",
        "hcloud_load_balancer_network",
        "hcloud_load_balancer_service",
        "hcloud_load_balancer_target",
      ]
        .flatMap((type) => Object.entries(resources(edge, type)))
        .filter(([id]) => !id.startsWith("balancer-2"))
        .map(([id, { count: _, ...rest }]) => [
          id,
          JSON.stringify({ ...rest, lifecycle: undefined }).replaceAll("[0]", ""),
        ]);
    expect(ofFirst(during)).toEqual(ofFirst(before));
  });

  it("have what only the first balancer needs as long as there are two, and a server on the one that it was made for", () => {
    const target = "hcloud_load_balancer_target.balancer";
    const countOf = (server: string, label: string, and = "") =>
      `\${${and ? `(${and} && ` : ""}(${labelOf(server)} == "${label}")${and ? ")" : ""} ? 1 : 0}`;
    const all = (prefix: string, label: string, and?: string) =>
      Object.fromEntries(["alpha", "bravo", "charlie"].map((name) => [`${prefix}_${name}`, countOf(name, label, and)]));
    expect(counts(during.edge)).toEqual({
      "cloudflare_ruleset.site_edge-token": `\${${both} ? 1 : 0}`,
      "hcloud_load_balancer.balancer": `\${${both} ? 1 : 0}`,
      "hcloud_load_balancer_network.balancer_network": `\${${both} ? 1 : 0}`,
      "hcloud_load_balancer_service.balancer_service-443": `\${${both} ? 1 : 0}`,
      "hcloud_uploaded_certificate.certificate": `\${${both} ? 1 : 0}`,
      ...all(`${target}-2`, "passthrough-10.0.1.6-fcc63e85"),
      ...all(target, "terminate-10.0.1.5-fcc63e85", both),
    });
  });

  it("point records where a number in the state says that no deploy changes", () => {
    expect(resources(during.edge, "cloudflare_dns_record")["site_www-a"]?.["content"]).toBe(
      "${(terraform_data.changeover_used.input == 2) ? hcloud_load_balancer.balancer-2.ipv4 : one(hcloud_load_balancer.balancer[*].ipv4)}",
    );
    expect(resources(during.edge, "terraform_data")).toEqual({
      changeover_used: { input: 1, lifecycle: { ignore_changes: ["input"] } },
      changeover_only: { input: 0, lifecycle: { ignore_changes: ["input"] } },
    });
    expect(during.edge.output?.["balancer_change"]?.["depends_on"]).toEqual(
      ["www-a", "www-aaaa", "apex-a", "apex-aaaa"].map((record) => `cloudflare_dns_record.site_${record}`),
    );
  });

  it("are refused for a server that was made for neither, and for the first one when that is gone", () => {
    const { precondition } = resources(during.edge, "hcloud_load_balancer_service")["balancer-2_service-443"]?.[
      "lifecycle"
    ] as { readonly precondition: readonly { readonly condition: string }[] };
    const [now, first] = ['"passthrough-10.0.1.6-fcc63e85"', '"terminate-10.0.1.5-fcc63e85"'];
    expect(precondition[0]?.condition).toBe(`\${contains([${now}, ${both} ? ${first} : ${now}], ${labelOf("alpha")})}`);
  });

  it("change nothing but the edge and what new servers are made with", () => {
    expect(addressesIn(during.foundation)).toEqual(addressesIn(before.foundation));
    expect(addressesIn(during.credentials)).toEqual(addressesIn(before.credentials));
    expect(addressesIn(during.servers)).toEqual(addressesIn(before.servers));
  });
});

describe("the stacks after that", () => {
  it("have one balancer under the second name, and nothing else has moved", () => {
    expect(onlyResource(after.edge, "hcloud_load_balancer")).toMatchObject({ name: "production-2" });
    expect(counts(after.edge)).toEqual({});
    const kept = always(during.edge).filter((address) => !address.startsWith("terraform_data."));
    expect(addressesIn(after.edge)).toEqual(
      [
        ...kept,
        ...["alpha", "bravo", "charlie"].map((name) => `hcloud_load_balancer_target.balancer-2_${name}`),
      ].sort(),
    );
  });
});

describe("a change of the address alone", () => {
  it("needs no other proof of origin, and both balancers show the one certificate", () => {
    const { edge } = synthesizeEnvironment(
      exampleConfig({ network: { balancerIp: "10.0.1.6" }, loadBalancer: change }),
    );
    expect(counts(edge)).not.toHaveProperty("cloudflare_ruleset.site_edge-token");
    expect(resources(edge, "cloudflare_authenticated_origin_pulls_settings")).toEqual({});
    const services = Object.values(resources(edge, "hcloud_load_balancer_service"));
    expect(services.map(({ http }) => (http as { certificates: unknown }).certificates)).toEqual([
      ["${hcloud_uploaded_certificate.certificate.id}"],
      ["${hcloud_uploaded_certificate.certificate.id}"],
    ]);
  });
});
