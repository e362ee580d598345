import { createHash } from "node:crypto";
import { OriginCaCertificate } from "@cdktf/provider-cloudflare/lib/origin-ca-certificate/index.js";
import { Firewall, type FirewallRule } from "@cdktf/provider-hcloud/lib/firewall";
import { LoadBalancerService } from "@cdktf/provider-hcloud/lib/load-balancer-service";
import { Network } from "@cdktf/provider-hcloud/lib/network";
import { NetworkSubnet } from "@cdktf/provider-hcloud/lib/network-subnet";
import { Server, type ServerConfig as HcloudServer } from "@cdktf/provider-hcloud/lib/server";
import { UploadedCertificate } from "@cdktf/provider-hcloud/lib/uploaded-certificate";
import { Volume } from "@cdktf/provider-hcloud/lib/volume";
import { TerraformLocal, TerraformVariable } from "cdktf";
import type { Construct } from "constructs";
import { describe, expect, it } from "vitest";
import type { Config, EnvironmentInput } from "../../../modules/config/schema.js";
import { labelsOf } from "../../../modules/derived/labels.js";
import { policies, policyResults, refuseViolations } from "../../../modules/review/policies/index.js";
import { exampleConfig } from "../../support/config.js";
import { synthesizeEnvironment } from "../../support/environment.js";
import { emptyStack } from "../../support/synth.js";

const config = exampleConfig();
const labels = labelsOf(config);

/** Returns the policies that reject the resources of `build`, each with the first sentence of its message. */
function refusals(build: (scope: Construct) => void, tried: Config = config): readonly string[] {
  const stack = emptyStack(tried);
  build(stack);
  const failed = policyResults(stack, tried).filter(({ outcome }) => outcome === "failed");
  return failed.flatMap(({ policy, details = [] }) =>
    details.map((detail) => `${policy}: ${/^\S+: (.*?)\. Why: .+\. Fix: .+\.$/.exec(detail)?.[1] ?? detail}`),
  );
}

const rule = (given: Partial<FirewallRule>): FirewallRule => ({
  direction: "in",
  protocol: "tcp",
  port: "443",
  sourceIps: ["198.51.100.0/24"],
  ...given,
});
const outward = rule({ direction: "out", sourceIps: undefined, destinationIps: ["0.0.0.0/0"] });
const firewall =
  (...rules: FirewallRule[]) =>
  (scope: Construct) =>
    new Firewall(scope, "firewall", { name: "tried", rule: rules, labels });
const server =
  (given: Partial<HcloudServer>) =>
  (scope: Construct): Server =>
    new Server(scope, "server", {
      name: "tried",
      serverType: "cx33",
      firewallIds: [1],
      placementGroupId: 1,
      deleteProtection: true,
      rebuildProtection: true,
      lifecycle: { preventDestroy: true },
      labels,
      ...given,
    });

it("policies of the configuration review have different names and a description", () => {
  expect(new Set(policies.map(({ id }) => id)).size).toBe(policies.length);
  for (const { description } of policies) expect(description).not.toBe("");
});

it("the configuration review reports a violated policy with place, violation, reason and fix", () => {
  const stack = emptyStack(config);
  firewall(rule({ port: "22", sourceIps: ["0.0.0.0/0"] }), outward)(stack);
  expect(() => refuseViolations(policyResults(stack, config))).toThrow(
    "policy ssh-not-from-the-world: production-test/firewall: SSH is open to 0.0.0.0/0. Why: attackers on the internet would try passwords and keys. Fix: set administrators.cidrs to the administrators' networks.",
  );
});

it("each policy of the configuration review has an outcome in the report", () => {
  const stack = emptyStack(config);
  firewall(rule({ port: "22", sourceIps: ["0.0.0.0/0"] }), outward)(stack);
  const results = policyResults(stack, config);
  const outcomes = Object.fromEntries(results.map(({ policy, outcome }) => [policy, outcome]));
  expect(Object.keys(outcomes)).toHaveLength(policies.length);
  expect(outcomes).toMatchObject({
    "ssh-not-from-the-world": "failed",
    "server-placed": "passed",
    "state-shared": "accepted",
  });
});

const ssh = (port: string, ...sourceIps: string[]) => firewall(rule({ port, sourceIps }), outward);
const service = (destinationPort: number) => (scope: Construct) =>
  new LoadBalancerService(scope, "service", { loadBalancerId: "1", protocol: "tcp", listenPort: 443, destinationPort });
const subnet = (scope: Construct) =>
  new NetworkSubnet(scope, "s", { networkId: 1, type: "cloud", networkZone: "eu-central", ipRange: "10.0.1.0/24" });
const network = (scope: Construct) => new Network(scope, "n", { name: "n", ipRange: "10.0.0.0/16", labels });
const volume = (scope: Construct) => new Volume(scope, "v", { name: "v", size: 10, labels });
const local = (name: string, value: unknown) => (scope: Construct) => new TerraformLocal(scope, name, value);
const sensitive = (preset: string) => (scope: Construct) =>
  new TerraformVariable(scope, "key", { type: "string", sensitive: true, default: preset });
const upload = (privateKey: string, fixedName?: string) => (scope: Construct) =>
  new UploadedCertificate(scope, "certificate", {
    name: fixedName ?? new TerraformVariable(scope, "name", { type: "string" }).stringValue,
    certificate: "public",
    privateKey,
    labels,
    lifecycle: { createBeforeDestroy: true },
  });
const reference = "${tls_private_key.any.private_key_pem}";
const origin = (requestedValidity?: number, safe = true, hostnames = ["*.foobar.com", "foobar.com"]) => {
  const given = { csr: "${tls_cert_request.any.cert_request_pem}", requestType: "origin-ecc", hostnames };
  return (scope: Construct) =>
    new OriginCaCertificate(scope, "o", { ...given, requestedValidity, lifecycle: { createBeforeDestroy: safe } });
};
const unprotected = (more: Partial<HcloudServer> = {}) => server({ rebuildProtection: false, ...more });
const nothing = (): void => undefined;
const localState = (environment: string) =>
  exampleConfig({ backend: { type: "local", acceptLocalState: false } }, environment);
const sharedState = exampleConfig({
  backend: {
    ...{ acceptLocalState: undefined, type: "s3", bucket: "foobar-state" },
    ...{ endpoint: "https://fsn1.your-objectstorage.com", region: "fsn1" },
  } as unknown as EnvironmentInput["backend"],
});
const staging = exampleConfig({}, "staging");
const privateKeyMarker = ["-----BEGIN", "EC PRIVATE KEY-----"].join(" ");

/** Policy, checked property, resources, message of the rejection ("" if the policy passes), and configuration of the environment. */
type Case = readonly [policy: string, what: string, build: (scope: Construct) => void, message: string, tried?: Config];
const cases: readonly Case[] = [
  ...["198.51.100.0/24", "11.0.0.0/8", "2001:db8::/32", "2001::/16"].map((cidr): Case => [
    "ssh-not-from-the-world",
    `SSH from ${cidr}`,
    ssh("22", cidr),
    "",
  ]),
  ...(
    [
      ["22", ["0.0.0.0/0"], "0.0.0.0/0"],
      ["22", ["198.51.100.0/24", "::/0"], "::/0"],
      ["20-30", ["0.0.0.0/0", "::/0"], "0.0.0.0/0 and ::/0"],
      ["22", ["0.0.0.0/1", "128.0.0.0/1"], "0.0.0.0/1 and 128.0.0.0/1"],
      ["22", ["64.0.0.0/7", "2000::/15"], "64.0.0.0/7 and 2000::/15"],
    ] as const
  ).map(([port, cidrs, named]): Case => [
    "ssh-not-from-the-world",
    `port ${port} from ${cidrs.join()}`,
    ssh(port, ...cidrs),
    `SSH is open to ${named}`,
  ]),
  ["ssh-not-from-the-world", "HTTPS from everywhere", firewall(rule({ sourceIps: ["0.0.0.0/0"] }), outward), ""],
  ["database-not-public", "other ports", firewall(rule({ port: "443" }), outward), ""],
  ...[3306, 33061, 8008].map((port): Case => [
    "database-not-public",
    `port ${port} from a single network`,
    firewall(rule({ port: port === 8008 ? "8000-8010" : String(port) }), outward),
    `port ${port} of MySQL is open on the public address`,
  ]),
  ["database-not-public", "a load balancer in front of nginx", service(443), ""],
  [
    "database-not-public",
    "a load balancer in front of MySQL",
    service(3306),
    "the load balancer forwards to port 3306 of MySQL",
  ],
  ["server-placed", "a server with firewall and placement group", server({}), ""],
  ["server-placed", "a firewall that filters both directions", firewall(rule({}), outward), ""],
  ["server-placed", "a server without firewall", server({ firewallIds: [] }), "the server is in no firewall"],
  [
    "server-placed",
    "a server without group",
    server({ placementGroupId: undefined }),
    "the server is in no placement group",
  ],
  ["server-placed", "a firewall without outbound rules", firewall(rule({})), "the firewall has no outbound rule"],
  ["server-placed", "a firewall without inbound rules", firewall(outward), "the firewall has no inbound rule"],
  ["protected-in-production", "another environment", unprotected({ labels: labelsOf(staging) }), "", staging],
  [
    "protected-in-production",
    "acceptUnprotected",
    unprotected(),
    "",
    exampleConfig({ protect: false, acceptUnprotected: true }),
  ],
  ["protected-in-production", "a server", unprotected(), "missing in production: rebuild_protection"],
  ["protected-in-production", "a network", network, "missing in production: delete_protection, prevent_destroy"],
  ["protected-in-production", "a subnet", subnet, "missing in production: prevent_destroy"],
  ["protected-in-production", "a volume", volume, "missing in production: delete_protection, prevent_destroy"],
  ["labels-present", "additional labels", server({ labels: { ...labels, more: "yes" } }), ""],
  [
    "labels-present",
    "a missing label",
    server({ labels: { environment: "production" } }),
    'label managed-by must be "cdktf", got undefined',
  ],
  [
    "labels-present",
    "a wrong label",
    server({ labels: { ...labels, environment: "staging" } }),
    'label environment must be "production", got "staging"',
  ],
  [
    "labels-present",
    "no labels",
    server({ labels: undefined }),
    'label environment must be "production", got undefined\nlabel managed-by must be "cdktf", got undefined',
  ],
  ["no-secret-literal", "a reference", upload(reference), ""],
  ["no-secret-literal", "an empty default", sensitive(""), ""],
  ...(
    [
      ["a literal", upload("hunter2"), "resource.hcloud_uploaded_certificate.certificate.private_key"],
      ["a local", local("etc-app-database-password", "hunter2"), "locals.etc-app-database-password"],
      ["a header", local("headers", { "X-Edge-Token": { value: "hunter2" } }), "locals.headers.X-Edge-Token.value"],
      ["a private key", server({ userData: privateKeyMarker }), "resource.hcloud_server.server.user_data"],
      ["a default of a sensitive variable", sensitive("hunter2"), "variable.key.default"],
    ] as const
  ).map(([what, build, place]): Case => ["no-secret-literal", what, build, `${place} contains a secret in plain text`]),
  ["certificate-lifecycle", "a validity and sorted names", origin(365), ""],
  ["certificate-lifecycle", "no validity", origin(), "requested_validity is not set"],
  [
    "certificate-lifecycle",
    "unsorted names",
    origin(365, true, ["foobar.com", "*.foobar.com"]),
    "hostnames are not sorted",
  ],
  [
    "certificate-lifecycle",
    "destroyed first",
    origin(365, false),
    "the certificate is destroyed before its successor exists",
  ],
  ["certificate-lifecycle", "a fixed name", upload(reference, "fixed"), "the uploaded certificate has a fixed name"],
  ["state-shared", "local state in another environment", nothing, "", localState("staging")],
  ["state-shared", "acceptLocalState", nothing, "", config],
  ["state-shared", "an object storage", nothing, "", sharedState],
  ["state-shared", "local state", nothing, "production keeps its state on one person's disk", localState("production")],
];

describe("policies for resources", () => {
  const named = cases.map(([policy, what, build, message, tried]) => ({ policy, what, build, message, tried }));

  it.each(named.filter(({ message }) => message === ""))("the policy $policy accepts $what", ({ build, tried }) => {
    expect(refusals(build, tried)).toEqual([]);
  });

  it.each(named.filter(({ message }) => message !== ""))(
    "the policy $policy rejects $what",
    ({ policy, build, message, tried }) => {
      expect(refusals(build, tried)).toEqual(message.split("\n").map((each) => `${policy}: ${each}`));
    },
  );
});

describe("no-secret-literal in payloads", () => {
  const withUrl = (query: string) =>
    synthesizeEnvironment(exampleConfig({ application: { url: `https://releases.foobar.com/app.tar.gz${query}` } }));

  it("the policy no-secret-literal accepts addresses without a secret", () => {
    expect(() => withUrl("?version=0123456789")).not.toThrow();
  });

  it.each(["?token=0123456789", "?X-Amz-Security-Token=0123456789", `?id=AKIA${"0".repeat(16)}`])(
    "the policy no-secret-literal rejects a release address with %s, and reports the payload file",
    (query) => {
      expect(() => withUrl(query)).toThrow(
        "policy no-secret-literal: production-servers/alpha: payload/roles/web+database/etc/platform/release.env contains a secret in plain text. Why: ",
      );
    },
  );
});

describe("payload-fits", () => {
  /** Returns a text that cannot be compressed. */
  const noise = (bytes: number): string =>
    Array.from({ length: bytes / 64 }, (_, index) =>
      createHash("sha512").update(`${index}`).digest("base64url").slice(0, 64),
    ).join("");
  const withUrl = (url: string) => exampleConfig({ application: { url } });

  it("the policy payload-fits accepts the payload of the example", () => {
    expect(() => synthesizeEnvironment(config)).not.toThrow();
  });

  it("the policy payload-fits rejects user data that exceeds Hetzner's limit", () => {
    expect(() => synthesizeEnvironment(withUrl(`https://releases.foobar.com/${noise(32_768)}.tar.gz`))).toThrow(
      /policy payload-fits: production-servers\/alpha: user data has \d{5} bytes, more than the limit of 32768/,
    );
  });
});
