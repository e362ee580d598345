import { expect, it } from "vitest";
import { exampleConfig } from "../../support/config.js";
import { synthesizeEnvironment } from "../../support/environment.js";
import { splitServers } from "../../support/servers.js";
import { onlyResource, resources } from "../../support/synth.js";

const remote = (stack: string, name: string): string =>
  `data.terraform_remote_state.cross-stack-reference-input-production-${stack}.outputs.cross-stack-output-${name}`;

const { edge } = synthesizeEnvironment(exampleConfig());
const passthrough = synthesizeEnvironment(exampleConfig({ tls: "passthrough", servers: splitServers })).edge;

const healthCheck = {
  protocol: "http",
  port: 80,
  interval: 3,
  timeout: 1,
  retries: 1,
  http: { domain: "www.foobar.com", path: "/healthz", status_codes: ["200"], tls: false },
};

it("by default, the load balancer is a protected lb11 that distributes requests by round robin", () => {
  expect(onlyResource(edge, "hcloud_load_balancer")).toEqual({
    name: "production",
    load_balancer_type: "lb11",
    location: "nbg1",
    algorithm: { type: "round_robin" },
    delete_protection: true,
    labels: { environment: "production", "managed-by": "cdktf" },
    lifecycle: { prevent_destroy: true },
  });
});

it("the load balancer joins the private network at its fixed address", () => {
  expect(onlyResource(edge, "hcloud_load_balancer_network")).toEqual({
    load_balancer_id: "${hcloud_load_balancer.balancer.id}",
    subnet_id: `\${${remote("foundation", "hcloud_network_subnet-network_subnet-id")}}`,
    ip: "10.0.1.5",
    enable_public_interface: true,
  });
});

it("the load balancer terminates TLS with the uploaded certificate and redirects HTTP", () => {
  expect(onlyResource(edge, "hcloud_load_balancer_service")).toEqual({
    load_balancer_id: "${hcloud_load_balancer.balancer.id}",
    protocol: "https",
    listen_port: 443,
    destination_port: 80,
    proxyprotocol: false,
    http: { certificates: ["${hcloud_uploaded_certificate.certificate.id}"], redirect_http: true },
    health_check: healthCheck,
    lifecycle: expect.anything() as unknown,
  });
});

const preconditions = (synthesized: typeof edge) =>
  onlyResource(synthesized, "hcloud_load_balancer_service")["lifecycle"] as {
    readonly precondition: readonly { readonly condition: string; readonly error_message: string }[];
  };
const labelsOf = (server: string): string => remote("servers", `hcloud_server-${server}-labels`);

it("a plan is rejected if a load balancer target was created with another TLS mode, load balancer address or domain", () => {
  expect(
    preconditions(edge)
      .precondition.slice(0, -1)
      .map(({ condition }) => condition),
  ).toEqual(
    ["alpha", "bravo", "charlie"].map(
      (server) => `\${(lookup(${labelsOf(server)}, "balancer", "none") == "terminate-10.0.1.5-fcc63e85")}`,
    ),
  );
  expect(preconditions(edge).precondition[0]?.error_message).toBe(
    `Server alpha was created for a domain, tls or network.balancerIp that differs from the configuration, so it would serve no visitors. Run npm run ops rollout to see the required settings.`,
  );
});

it("the check of load balancer targets ignores servers that are not targets", () => {
  expect(preconditions(passthrough).precondition.map(({ condition }) => condition)).toEqual([
    `\${(lookup(${labelsOf("front")}, "balancer", "none") == "passthrough-10.0.1.5-fcc63e85")}`,
    expect.stringContaining("hostnames"),
  ]);
});

it.each([
  ["terminate", edge],
  ["passthrough", passthrough],
])("a plan is rejected if the origin certificate was issued for other names: %s", (_, synthesized) => {
  const hostnames = remote(
    "credentials",
    "cloudflare_origin_ca_certificate-origin-certificate-1_certificate-hostnames",
  );
  expect(preconditions(synthesized).precondition.at(-1)).toEqual({
    condition: `\${(length(setsubtract(["*.foobar.com", "foobar.com"], ${hostnames})) < 1)}`,
    error_message:
      "The origin certificate was not issued for the names of foobar.com. Raise certificate.generation by one to issue a new certificate.",
  });
});

it("targets of the load balancer are all web servers by private address, after the load balancer has joined the network", () => {
  const targets = resources(edge, "hcloud_load_balancer_target");
  expect(Object.keys(targets)).toEqual(["balancer_alpha", "balancer_bravo", "balancer_charlie"]);
  expect(targets["balancer_bravo"]).toEqual({
    load_balancer_id: "${hcloud_load_balancer.balancer.id}",
    type: "server",
    server_id: `\${${remote("servers", "hcloud_server-bravo-id")}}`,
    use_private_ip: true,
    depends_on: ["hcloud_load_balancer_network.balancer_network"],
  });
});

it("targets of the load balancer do not include servers without the role web", () => {
  expect(Object.keys(resources(passthrough, "hcloud_load_balancer_target"))).toEqual(["balancer_front"]);
});

it("the name of the load balancer's certificate depends on its content, and a new certificate is created before the old one is deleted", () => {
  const pem = remote("credentials", "cloudflare_origin_ca_certificate-origin-certificate-1_certificate-certificate");
  expect(onlyResource(edge, "hcloud_uploaded_certificate")).toEqual({
    name: `production-origin-\${substr(sha256(${pem}), 0, 8)}`,
    certificate: `\${${pem}}`,
    private_key: `\${${remote("credentials", "tls_private_key-origin-certificate-1_key-private_key_pem")}}`,
    labels: { environment: "production", "managed-by": "cdktf" },
    lifecycle: { create_before_destroy: true },
  });
});

it("in passthrough mode, the load balancer passes TLS through with the visitor's address, listens only on 443 and has no certificate", () => {
  expect(onlyResource(passthrough, "hcloud_load_balancer_service")).toEqual({
    load_balancer_id: "${hcloud_load_balancer.balancer.id}",
    protocol: "tcp",
    listen_port: 443,
    destination_port: 443,
    proxyprotocol: true,
    health_check: healthCheck,
    lifecycle: expect.anything() as unknown,
  });
  expect(resources(passthrough, "hcloud_uploaded_certificate")).toEqual({});
});
