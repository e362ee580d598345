import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { exampleConfig } from "../../support/config.js";
import { synthesizeEnvironment } from "../../support/environment.js";
import { onlyResource, resources, type Attributes } from "../../support/synth.js";

const zoneId = "${data.cloudflare_zone.site_zone.zone_id}";
const { edge } = synthesizeEnvironment(exampleConfig());
const full = synthesizeEnvironment(
  exampleConfig({
    tls: "passthrough",
    domain: "shop.example.org",
    cloudflare: {
      zoneName: "example.org",
      accountName: "Example Ltd",
      minimumTlsVersion: "1.3",
      hsts: { maxAgeSeconds: 63_072_000, includeSubdomains: true, preload: true },
      firewall: { expression: 'ip.src.country eq "XX"', action: "managed_challenge" },
      rateLimit: { requestsPer10Seconds: 5, expression: 'starts_with(http.request.uri.path, "/login")' },
    },
  }),
).edge;

const values = (synthesized: typeof edge): Attributes =>
  Object.fromEntries(
    Object.values(resources(synthesized, "cloudflare_zone_setting")).map((setting) => [
      String(setting["setting_id"]),
      setting["value"],
    ]),
  );
const ruleset = (synthesized: typeof edge, phase: string): Attributes | undefined =>
  Object.values(resources(synthesized, "cloudflare_ruleset")).find((candidate) => candidate["phase"] === phase);

it("Terraform finds the Cloudflare zone by the domain in any account if no zone is configured", () => {
  expect(edge.data?.["cloudflare_zone"]).toEqual({ site_zone: { filter: { name: "foobar.com" } } });
});

it("Terraform finds the Cloudflare zone by the configured zone name and account", () => {
  expect(full.data?.["cloudflare_zone"]).toEqual({
    site_zone: { filter: { name: "example.org", account: { name: "Example Ltd" } } },
  });
});

it("DNS records of www and the apex point to the load balancer over IPv4 and IPv6, and are proxied by Cloudflare", () => {
  const proxied = { zone_id: zoneId, ttl: 1, proxied: true, lifecycle: { prevent_destroy: true } };
  const v4 = { type: "A", content: "${hcloud_load_balancer.balancer.ipv4}", ...proxied };
  const v6 = { type: "AAAA", content: "${hcloud_load_balancer.balancer.ipv6}", ...proxied };
  expect(resources(edge, "cloudflare_dns_record")).toEqual({
    "site_www-a": { name: "www.foobar.com", ...v4 },
    "site_www-aaaa": { name: "www.foobar.com", ...v6 },
    "site_apex-a": { name: "foobar.com", ...v4 },
    "site_apex-aaaa": { name: "foobar.com", ...v6 },
  });
});

it("by default, the Cloudflare zone requires strict TLS 1.2 or newer, HTTPS, HTTP/3 and a year of HSTS", () => {
  expect(values(edge)).toEqual({
    ssl: "strict",
    min_tls_version: "1.2",
    tls_1_3: "on",
    always_use_https: "on",
    http3: "on",
    security_header: {
      strict_transport_security: {
        enabled: true,
        max_age: 31_536_000,
        include_subdomains: true,
        preload: false,
        nosniff: true,
      },
    },
  });
});

it("the Cloudflare zone disables HSTS if the configured maximum age is 0", () => {
  const none = synthesizeEnvironment(exampleConfig({ cloudflare: { hsts: { maxAgeSeconds: 0 } } })).edge;
  expect(values(none)["security_header"]).toMatchObject({
    strict_transport_security: { enabled: false, max_age: 0 },
  });
});

it("the Cloudflare zone has the configured TLS version and HSTS", () => {
  expect(values(full)).toMatchObject({
    min_tls_version: "1.3",
    security_header: { strict_transport_security: { max_age: 63_072_000, preload: true } },
  });
});

it("by default, the Cloudflare WAF rule blocks scanners and dot files except /.well-known/", () => {
  const rules = ruleset(edge, "http_request_firewall_custom")?.["rules"] as readonly Attributes[];
  expect(rules).toHaveLength(1);
  expect(rules[0]).toMatchObject({ ref: "scanners", action: "block", enabled: true });
  expect(rules[0]?.["expression"]).toMatch(/^http\.host in \{"www\.foobar\.com" "foobar\.com"\} and \(/);
  // Cloudflare allows the operator `matches` and the field `cf.bot_management` only in paid plans.
  expect(rules[0]?.["expression"]).not.toMatch(/ matches |cf\.bot_management/);
});

it("by default, the Cloudflare WAF rule blocks only requests that scanners send, and no path that a page of the site may have", () => {
  const [rule] = ruleset(edge, "http_request_firewall_custom")?.["rules"] as readonly Attributes[];
  const program = String(rule?.["expression"])
    .replaceAll("http.request.uri.path", "path")
    .replace(/http\.host in \{([^}]*)\}/, (_, hosts: string) => `[${hosts.replaceAll(" ", ",")}].includes(host)`)
    .replaceAll(/path contains ("[^"]*")/g, "path.includes($1)")
    .replaceAll(" and ", " && ")
    .replaceAll(" or ", " || ")
    .replaceAll("not ", "!");
  const functions = {
    starts_with: (text: string, begin: string) => text.startsWith(begin),
    ends_with: (text: string, end: string) => text.endsWith(end),
    lower: (text: string) => text.toLowerCase(),
  };
  const stops = (path: string, host = "www.foobar.com"): unknown =>
    runInNewContext(program, { ...functions, path, host });
  const scanned = ["/.env", "/.aws/credentials", "/app/.env", "/a/.git/config", "/index.php", "/X.PHP", "/WP-login"];
  for (const path of [...scanned, "/.git/HEAD", "/wp-admin/"]) {
    expect(stops(path), path).toBe(true);
    expect(stops(path, "foobar.com"), path).toBe(true);
    expect(stops(path, "mail.foobar.com"), path).toBe(false);
  }
  for (const path of ["/", "/.well-known/security.txt", "/orders/1", "/env", "/git", "/wp", "/php", "/a.phpx"])
    expect(stops(path), path).toBe(false);
});

it("the Cloudflare WAF rule uses the configured expression and action", () => {
  const rules = ruleset(full, "http_request_firewall_custom")?.["rules"] as readonly Attributes[];
  expect(rules[0]).toMatchObject({
    action: "managed_challenge",
    expression: 'http.host in {"www.shop.example.org" "shop.example.org"} and (ip.src.country eq "XX")',
  });
});

it("a Cloudflare expression with Terraform's template characters reaches Cloudflare unchanged", () => {
  const expression = 'http.request.uri.query contains "${jndi:" or http.user_agent contains "%{"';
  const escaped = 'http.request.uri.query contains "$${jndi:" or http.user_agent contains "%%{"';
  const cloudflare = { firewall: { expression }, rateLimit: { expression } };
  const { edge: synthesized } = synthesizeEnvironment(exampleConfig({ cloudflare }));
  const expressionOf = (phase: string) =>
    (ruleset(synthesized, phase)?.["rules"] as readonly Attributes[])[0]?.["expression"];
  expect(expressionOf("http_request_firewall_custom")).toContain(`and (${escaped})`);
  expect(expressionOf("http_ratelimit")).toBe(escaped);
});

it("by default, Cloudflare's rate limit blocks an address after 50 requests to write paths in 10 seconds, as the free plan allows", () => {
  expect(ruleset(edge, "http_ratelimit")?.["rules"]).toEqual([
    {
      ref: "requests-per-address",
      description: "At most 50 requests in 10 seconds",
      expression: 'starts_with(http.request.uri.path, "/")',
      action: "block",
      enabled: true,
      ratelimit: {
        characteristics: ["cf.colo.id", "ip.src"],
        period: 10,
        mitigation_timeout: 10,
        requests_per_period: 50,
      },
    },
  ]);
});

it("Cloudflare's rate limit counts requests to the configured write paths, as exact paths or with all paths below them", () => {
  const { edge: named } = synthesizeEnvironment(exampleConfig({ application: { writePaths: ["/api/", "/orders"] } }));
  expect(ruleset(named, "http_ratelimit")?.["rules"]).toMatchObject([
    { expression: 'starts_with(http.request.uri.path, "/api/") or http.request.uri.path eq "/orders"' },
  ]);
});

it("Cloudflare's rate limit uses the configured number and expression", () => {
  const rules = ruleset(full, "http_ratelimit")?.["rules"] as readonly Attributes[];
  expect(rules[0]).toMatchObject({
    expression: 'starts_with(http.request.uri.path, "/login")',
    ratelimit: { requests_per_period: 5 },
  });
});

it("in terminate mode, Cloudflare adds a secret header that proves that a request came through the zone", () => {
  const token =
    "data.terraform_remote_state.cross-stack-reference-input-production-credentials.outputs.cross-stack-output-random_password-edge_token-result";
  expect(ruleset(edge, "http_request_late_transform")?.["rules"]).toEqual([
    {
      ref: "edge-token",
      description: "Secret header for the origin",
      expression: 'http.host in {"www.foobar.com" "foobar.com"}',
      action: "rewrite",
      enabled: true,
      action_parameters: { headers: { "X-Edge-Token": { operation: "set", value: `\${sensitive(${token})}` } } },
    },
  ]);
  expect(resources(edge, "cloudflare_authenticated_origin_pulls_settings")).toEqual({});
});

it("in passthrough mode, our own client certificate proves that a request came through the zone; Cloudflare uses it once it exists", () => {
  const output = (name: string): string =>
    `\${data.terraform_remote_state.cross-stack-reference-input-production-credentials.outputs.cross-stack-output-${name}}`;
  expect(onlyResource(full, "cloudflare_authenticated_origin_pulls_certificate")).toEqual({
    zone_id: zoneId,
    certificate: output("tls_locally_signed_cert-origin-pull_client_certificate-cert_pem"),
    private_key: output("tls_private_key-origin-pull_client_key-private_key_pem"),
    lifecycle: { create_before_destroy: true },
  });
  expect(onlyResource(full, "cloudflare_authenticated_origin_pulls_settings")).toEqual({
    zone_id: zoneId,
    enabled: true,
    depends_on: ["cloudflare_authenticated_origin_pulls_certificate.site_origin-pull-certificate"],
  });
  expect(ruleset(full, "http_request_late_transform")).toBeUndefined();
});
