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

/** Policies that reject the resources of `build`, each with the first sentence of its message. */
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

describe("the list of policies", () => {
  it("policies have different names and a description", () => {
    expect(new Set(policies.map(({ id }) => id)).size).toBe(policies.length);
    for (const { description } of policies) expect(description).not.toBe("");
  });

  it("a policy rejects with place, violation, reason and fix", () => {
    const stack = emptyStack(config);
    firewall(rule({ port: "22", sourceIps: ["0.0.0.0/0"] }), outward)(stack);
    expect(() => refuseViolations(policyResults(stack, config))).toThrow(
      "policy ssh-not-from-the-world: production-test/firewall: SSH is open to 0.0.0.0/0. Why: attackers on the internet would try passwords and keys. Fix: set administrators.cidrs to the administrators' networks.",
    );
  });

  it("each policy reports an outcome", () => {
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
});

describe("ssh-not-from-the-world", () => {
  it.each(["198.51.100.0/24", "11.0.0.0/8", "2001:db8::/32", "2001::/16"])(
    "accepts SSH from the network %s",
    (cidr) => {
      expect(refusals(firewall(rule({ port: "22", sourceIps: [cidr] }), outward))).toEqual([]);
    },
  );

  it.each([
    ["22", ["0.0.0.0/0"], "0.0.0.0/0"],
    ["22", ["198.51.100.0/24", "::/0"], "::/0"],
    ["20-30", ["0.0.0.0/0", "::/0"], "0.0.0.0/0 and ::/0"],
    ["22", ["0.0.0.0/1", "128.0.0.0/1"], "0.0.0.0/1 and 128.0.0.0/1"],
    ["22", ["64.0.0.0/7", "2000::/15"], "64.0.0.0/7 and 2000::/15"],
  ])("rejects port %s from %j", (port, sourceIps, named) => {
    expect(refusals(firewall(rule({ port, sourceIps }), outward))).toEqual([
      `ssh-not-from-the-world: SSH is open to ${named}`,
    ]);
  });
});

describe("database-not-public", () => {
  it("accepts other ports", () => {
    expect(refusals(firewall(rule({ port: "443" }), outward))).toEqual([]);
  });

  it.each([
    ["3306", 3306],
    ["33061", 33061],
    ["8000-8010", 8008],
  ])("rejects port %s even from a single network", (port, named) => {
    expect(refusals(firewall(rule({ port }), outward))).toEqual([
      `database-not-public: port ${named} of MySQL is open on the public address`,
    ]);
  });

  const service = (destinationPort: number) => (scope: Construct) =>
    new LoadBalancerService(scope, "service", {
      loadBalancerId: "1",
      protocol: "tcp",
      listenPort: 443,
      destinationPort,
    });

  it("rejects a load balancer that forwards to MySQL, and accepts other load balancers", () => {
    expect(refusals(service(443))).toEqual([]);
    expect(refusals(service(3306))).toEqual(["database-not-public: the load balancer forwards to port 3306 of MySQL"]);
  });
});

describe("server-placed", () => {
  it("accepts a server in a firewall and a placement group, and a firewall that filters both directions", () => {
    expect(refusals(server({}))).toEqual([]);
    expect(refusals(firewall(rule({}), outward))).toEqual([]);
  });

  it.each([
    ["no firewall", server({ firewallIds: [] }), "server-placed: the server is in no firewall"],
    ["no group", server({ placementGroupId: undefined }), "server-placed: the server is in no placement group"],
    ["nothing filtered out", firewall(rule({})), "server-placed: the firewall has no outbound rule"],
    ["nothing filtered in", firewall(outward), "server-placed: the firewall has no inbound rule"],
  ])("rejects %s", (_, build, message) => {
    expect(refusals(build)).toEqual([message]);
  });
});

describe("protected-in-production", () => {
  const unprotected = server({ rebuildProtection: false });

  it("accepts an unprotected server outside production", () => {
    const staging = exampleConfig({}, "staging");
    expect(refusals(server({ rebuildProtection: false, labels: labelsOf(staging) }), staging)).toEqual([]);
  });

  it("accepts an unprotected server if acceptUnprotected is set", () => {
    expect(refusals(unprotected, exampleConfig({ protect: false, acceptUnprotected: true }))).toEqual([]);
  });

  it.each([
    ["a server", unprotected, "rebuild_protection"],
    [
      "a network",
      (scope: Construct) => new Network(scope, "n", { name: "n", ipRange: "10.0.0.0/16", labels }),
      "delete_protection, prevent_destroy",
    ],
    [
      "a subnet",
      (scope: Construct) =>
        new NetworkSubnet(scope, "s", {
          networkId: 1,
          type: "cloud",
          networkZone: "eu-central",
          ipRange: "10.0.1.0/24",
        }),
      "prevent_destroy",
    ],
    [
      "a volume",
      (scope: Construct) => new Volume(scope, "v", { name: "v", size: 10, labels }),
      "delete_protection, prevent_destroy",
    ],
  ])("rejects %s without protection", (_, build, names) => {
    expect(refusals(build)).toEqual([`protected-in-production: missing in production: ${names}`]);
  });
});

describe("labels-present", () => {
  it("accepts additional labels", () => {
    expect(refusals(server({ labels: { ...labels, more: "yes" } }))).toEqual([]);
  });

  it("rejects a resource without labels", () => {
    expect(refusals(server({ labels: undefined }))).toEqual([
      'labels-present: label environment must be "production", got undefined',
      'labels-present: label managed-by must be "cdktf", got undefined',
    ]);
  });
});

describe("no-secret-literal", () => {
  const upload = (privateKey: string) => (scope: Construct) => {
    const name = new TerraformVariable(scope, "name", { type: "string" }).stringValue;
    return new UploadedCertificate(scope, "certificate", {
      name,
      certificate: "public",
      privateKey,
      labels,
      lifecycle: { createBeforeDestroy: true },
    });
  };

  it("accepts references", () => {
    expect(refusals(upload("${tls_private_key.any.private_key_pem}"))).toEqual([]);
  });

  it("rejects a literal in the place of a secret", () => {
    expect(refusals(upload("hunter2"))).toEqual([
      "no-secret-literal: resource.hcloud_uploaded_certificate.certificate.private_key contains a secret in plain text",
    ]);
  });

  it("rejects a literal in a local or a header with the name of a secret", () => {
    const local = (scope: Construct) => new TerraformLocal(scope, "etc-app-database-password", "hunter2");
    const header = (scope: Construct) => new TerraformLocal(scope, "headers", { "X-Edge-Token": { value: "hunter2" } });
    expect(refusals(local)).toEqual([
      "no-secret-literal: locals.etc-app-database-password contains a secret in plain text",
    ]);
    expect(refusals(header)).toEqual([
      "no-secret-literal: locals.headers.X-Edge-Token.value contains a secret in plain text",
    ]);
  });

  it("rejects a private key in any place", () => {
    const marker = ["-----BEGIN", "EC PRIVATE KEY-----"].join(" ");
    expect(refusals(server({ userData: marker }))).toEqual([
      "no-secret-literal: resource.hcloud_server.server.user_data contains a secret in plain text",
    ]);
  });

  it("rejects a default of a sensitive variable, unless it is empty", () => {
    const variable = (preset: string) => (scope: Construct) =>
      new TerraformVariable(scope, "key", { type: "string", sensitive: true, default: preset });
    expect(refusals(variable(""))).toEqual([]);
    expect(refusals(variable("hunter2"))).toEqual([
      "no-secret-literal: variable.key.default contains a secret in plain text",
    ]);
  });
});

describe("no-secret-literal in payloads", () => {
  const withUrl = (query: string) =>
    synthesizeEnvironment(exampleConfig({ application: { url: `https://releases.foobar.com/app.tar.gz${query}` } }));

  it("accepts addresses without a secret", () => {
    expect(() => withUrl("?version=0123456789")).not.toThrow();
  });

  it.each(["?token=0123456789", "?X-Amz-Security-Token=0123456789", `?id=AKIA${"0".repeat(16)}`])(
    "rejects a release address with %s, and reports the payload file",
    (query) => {
      expect(() => withUrl(query)).toThrow(
        "policy no-secret-literal: production-servers/alpha: payload/roles/web+database/etc/platform/release.env contains a secret in plain text. Why: ",
      );
    },
  );
});

describe("payload-fits", () => {
  /** Incompressible text. */
  const noise = (bytes: number): string =>
    Array.from({ length: bytes / 64 }, (_, index) =>
      createHash("sha512").update(`${index}`).digest("base64url").slice(0, 64),
    ).join("");
  const withUrl = (url: string) => exampleConfig({ application: { url } });

  it("accepts the example's payload", () => {
    expect(() => synthesizeEnvironment(config)).not.toThrow();
  });

  it("rejects user data that exceeds Hetzner's limit", () => {
    expect(() => synthesizeEnvironment(withUrl(`https://releases.foobar.com/${noise(32_768)}.tar.gz`))).toThrow(
      /policy payload-fits: production-servers\/alpha: user data has \d{5} bytes, more than the limit of 32768/,
    );
  });
});

describe("certificate-lifecycle", () => {
  const origin = (given: { requestedValidity?: number; hostnames?: string[]; safe?: boolean }) => (scope: Construct) =>
    new OriginCaCertificate(scope, "origin", {
      csr: "${tls_cert_request.any.cert_request_pem}",
      requestType: "origin-ecc",
      hostnames: given.hostnames ?? ["*.foobar.com", "foobar.com"],
      requestedValidity: given.requestedValidity,
      lifecycle: { createBeforeDestroy: given.safe ?? true },
    });

  it("accepts a certificate with createBeforeDestroy, a validity and sorted names", () => {
    expect(refusals(origin({ requestedValidity: 365 }))).toEqual([]);
  });

  it.each([
    ["no validity", origin({}), "requested_validity is not set"],
    [
      "unsorted names",
      origin({ requestedValidity: 365, hostnames: ["foobar.com", "*.foobar.com"] }),
      "hostnames are not sorted",
    ],
    [
      "a certificate that is destroyed first",
      origin({ requestedValidity: 365, safe: false }),
      "the certificate is destroyed before its successor exists",
    ],
  ])("rejects %s", (_, build, what) => {
    expect(refusals(build)).toEqual([`certificate-lifecycle: ${what}`]);
  });

  it("rejects an uploaded certificate with a fixed name", () => {
    const build = (scope: Construct) =>
      new UploadedCertificate(scope, "certificate", {
        name: "fixed",
        certificate: "public",
        privateKey: "${tls_private_key.any.private_key_pem}",
        labels,
        lifecycle: { createBeforeDestroy: true },
      });
    expect(refusals(build)).toEqual(["certificate-lifecycle: the uploaded certificate has a fixed name"]);
  });
});

describe("state-shared", () => {
  const nothing = (): void => undefined;
  const local = (environment: string) =>
    exampleConfig({ backend: { type: "local", acceptLocalState: false } }, environment);

  it("accepts local state outside production, and in production if acceptLocalState is set", () => {
    expect(refusals(nothing, local("staging"))).toEqual([]);
    expect(refusals(nothing, config)).toEqual([]);
  });

  it("accepts state in an object storage", () => {
    const shared = exampleConfig({
      backend: {
        acceptLocalState: undefined,
        type: "s3",
        bucket: "foobar-state",
        endpoint: "https://fsn1.your-objectstorage.com",
        region: "fsn1",
      } as unknown as EnvironmentInput["backend"],
    });
    expect(refusals(nothing, shared)).toEqual([]);
  });

  it("rejects local state in production", () => {
    expect(refusals(nothing, local("production"))).toEqual([
      "state-shared: production keeps its state on one person's disk",
    ]);
  });
});
