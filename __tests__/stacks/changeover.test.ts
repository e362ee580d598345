import { describe, expect, it } from "vitest";
import { exampleConfig, exampleMove } from "../support/config.js";
import { synthesizeEnvironment } from "../support/environment.js";
import { addressesIn, onlyResource, resources, type Synthesized } from "../support/synth.js";

const second = { tls: "passthrough", network: { balancerIp: "10.0.1.6" } } as const;
const change = { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } } as const;
const before = synthesizeEnvironment(exampleConfig());
const during = synthesizeEnvironment(exampleConfig({ ...second, loadBalancer: change }));
const after = synthesizeEnvironment(exampleConfig({ ...second, loadBalancer: { number: 2 } }));

/** Returns the resources of the edge stack that always exist. The count of other resources depends on a number in the Terraform state. */
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

describe("the stacks during a load balancer migration", () => {
  it("during a load balancer migration, every existing Terraform address stays, and a second load balancer exists under its own names", () => {
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

  it("during a load balancer migration, the first load balancer is unchanged except for its Terraform count", () => {
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

  it("during a load balancer migration, only a load balancer that terminates TLS has a certificate", () => {
    const formerly = { tls: "passthrough", balancerIp: "10.0.1.5" } as const;
    const network = { balancerIp: "10.0.1.6" };
    const { edge } = synthesizeEnvironment(exampleConfig({ network, loadBalancer: { number: 2, formerly } }));
    const services = resources(edge, "hcloud_load_balancer_service");
    expect(services["balancer_service-443"]).not.toHaveProperty("http");
    expect(services["balancer-2_service-443"]).toHaveProperty("http.certificates");
  });

  it("during a load balancer migration, both balancers keep their resources, and each server stays on the balancer it was created for", () => {
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

  it("DNS records point to the load balancer whose number is in the Terraform state, and no deploy changes that number", () => {
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

  it("during a migration, a plan rejects a server that was created for neither load balancer, or for a removed first load balancer", () => {
    const { precondition } = resources(during.edge, "hcloud_load_balancer_service")["balancer-2_service-443"]?.[
      "lifecycle"
    ] as { readonly precondition: readonly { readonly condition: string }[] };
    const [now, first] = ['"passthrough-10.0.1.6-fcc63e85"', '"terminate-10.0.1.5-fcc63e85"'];
    expect(precondition[0]?.condition).toBe(`\${contains([${now}, ${both} ? ${first} : ${now}], ${labelOf("alpha")})}`);
  });

  it("a load balancer migration changes only the edge stack and the payload of new servers", () => {
    expect(addressesIn(during.foundation)).toEqual(addressesIn(before.foundation));
    expect(addressesIn(during.credentials)).toEqual(addressesIn(before.credentials));
    expect(addressesIn(during.servers)).toEqual(addressesIn(before.servers));
  });
});

it("after a load balancer migration, the only load balancer has the second name, and all other Terraform addresses are unchanged", () => {
  expect(onlyResource(after.edge, "hcloud_load_balancer")).toMatchObject({ name: "production-2" });
  expect(counts(after.edge)).toEqual({});
  const kept = always(during.edge).filter((address) => !address.startsWith("terraform_data."));
  expect(addressesIn(after.edge)).toEqual(
    [...kept, ...["alpha", "bravo", "charlie"].map((name) => `hcloud_load_balancer_target.balancer-2_${name}`)].sort(),
  );
});

it("a change of only the load balancer's address keeps the proof of origin, and both load balancers use the same certificate", () => {
  const { edge } = synthesizeEnvironment(exampleConfig({ network: { balancerIp: "10.0.1.6" }, loadBalancer: change }));
  expect(counts(edge)).not.toHaveProperty("cloudflare_ruleset.site_edge-token");
  expect(resources(edge, "cloudflare_authenticated_origin_pulls_settings")).toEqual({});
  const services = Object.values(resources(edge, "hcloud_load_balancer_service"));
  expect(services.map(({ http }) => (http as { certificates: unknown }).certificates)).toEqual([
    ["${hcloud_uploaded_certificate.certificate.id}"],
    ["${hcloud_uploaded_certificate.certificate.id}"],
  ]);
});

describe("a change of the domain", () => {
  const moves = synthesizeEnvironment(exampleConfig(exampleMove));
  const moved = synthesizeEnvironment(exampleConfig({ ...exampleMove, loadBalancer: { number: 2 } }));
  const rulesets = ({ edge }: typeof moves) => resources(edge, "cloudflare_ruleset");

  it("a change of the domain keeps every existing Terraform address, and adds a second site with its own names and zone", () => {
    const [was, is] = [addressesIn(before.edge), addressesIn(moves.edge)];
    expect(is).toEqual(expect.arrayContaining([...was]));
    const site = (number: string) => is.filter((address) => address.includes(`.site${number}_`));
    expect(site("-2")).toEqual(site("").map((address) => address.replace(".site_", ".site-2_")));
    expect(moves.edge.data?.["cloudflare_zone"]).toEqual({
      site_zone: { filter: { name: "foobar.com" } },
      "site-2_zone": { filter: { name: "foobar.net" } },
    });
  });

  it("a change of the domain leaves the old zone unchanged except for its redirect and the Terraform count of its proof of origin", () => {
    const old = (environment: typeof moves) =>
      ["cloudflare_ruleset", "cloudflare_zone_setting"].flatMap((type) =>
        Object.entries(resources(environment.edge, type)).filter(
          ([id]) => id.startsWith("site_") && id !== "site_redirect",
        ),
      );
    expect(old(moves).map(([id, { count: _, ...rest }]) => [id, rest])).toEqual(old(before));
    const records = resources(moves.edge, "cloudflare_dns_record");
    expect(records["site_www-a"]).toEqual({
      ...resources(before.edge, "cloudflare_dns_record")["site_www-a"],
      content: '${coalesce(one(hcloud_load_balancer.balancer[*].ipv4), "192.0.2.1")}',
    });
    expect(records["site_apex-aaaa"]?.["content"]).toBe(
      '${coalesce(one(hcloud_load_balancer.balancer[*].ipv6), "100::")}',
    );
    expect(records["site-2_www-a"]).toMatchObject({
      name: "www.foobar.net",
      content: "${hcloud_load_balancer.balancer-2.ipv4}",
    });
    expect(rulesets(moves)["site_edge-token"]?.["count"]).toBe(`\${${both} ? 1 : 0}`);
    expect(rulesets(moves)["site-2_edge-token"]).not.toHaveProperty("count");
  });

  it("during a change of the domain, the unused name redirects to the used name with the same path and method, and permanently afterwards", () => {
    const redirect = (hosts: string, to: string, used: number) => ({
      zone_id: expect.anything() as unknown,
      name: "foobar redirect",
      description: "The site under its other name",
      kind: "zone",
      phase: "http_request_dynamic_redirect",
      count: `\${(terraform_data.changeover_used.input == ${used}) ? 1 : 0}`,
      rules: [
        {
          ref: "other-name",
          description: `To ${to}`,
          expression: `http.host in {${hosts}}`,
          action: "redirect",
          enabled: true,
          action_parameters: {
            from_value: {
              status_code: `\${${both} ? 307 : 308}`,
              target_url: { expression: `concat("https://${to}", http.request.uri.path)` },
              preserve_query_string: true,
            },
          },
        },
      ],
    });
    expect(rulesets(moves)["site_redirect"]).toEqual(redirect('"www.foobar.com" "foobar.com"', "www.foobar.net", 2));
    expect(rulesets(moves)["site-2_redirect"]).toEqual(redirect('"www.foobar.net" "foobar.net"', "www.foobar.com", 1));
  });

  it("a change of the domain issues the next certificate for both domains and keeps the certificate in use", () => {
    const hostnames = ["*.foobar.com", "*.foobar.net", "foobar.com", "foobar.net"];
    const certificates = resources(moves.credentials, "cloudflare_origin_ca_certificate");
    expect(Object.keys(certificates)).toEqual(["origin-certificate-1_certificate", "origin-certificate-2_certificate"]);
    expect(certificates["origin-certificate-2_certificate"]).toMatchObject({ hostnames });
    const services = Object.values(resources(moves.edge, "hcloud_load_balancer_service"));
    expect(services.map(({ http }) => (http as { certificates: unknown }).certificates)).toEqual([
      ["${hcloud_uploaded_certificate.certificate.id}"],
      ["${hcloud_uploaded_certificate.certificate.id}"],
    ]);
    expect(onlyResource(moves.edge, "hcloud_uploaded_certificate")).not.toHaveProperty("count");
  });

  it("after the old domain is removed from the configuration, the new site keeps its Terraform addresses", () => {
    expect(addressesIn(moved.edge).filter((address) => address.includes(".site_"))).toEqual([]);
    const kept = addressesIn(moves.edge).filter(
      (address) => address.includes(".site-2_") && !address.includes("redirect"),
    );
    expect(addressesIn(moved.edge)).toEqual(expect.arrayContaining(kept));
    expect(rulesets(moved)).not.toHaveProperty("site-2_redirect");
  });
});
