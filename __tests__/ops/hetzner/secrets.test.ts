import { X509Certificate } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import tls, { createServer } from "node:tls";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type RotationStage } from "../../../modules/derived/generations.js";
import type { Config } from "../../../modules/config/schema.js";
import { excessOfMaking, TerraformSecretStore } from "../../../ops/hetzner/secrets.js";
import type { Plan } from "../../../ops/terraform/plan.js";
import type { Stack } from "../../../ops/terraform/terraform.js";
import { makeCertificate } from "../../examples/guestbook/support/certificate.js";
import { exampleConfig } from "../../support/config.js";
import { portOf } from "../../support/listening.js";
import { instantly } from "../support/instantly.js";
import { change, recordedTerraform } from "../support/terraform.js";

const stage = (configured: number, used: number, oldest: number): RotationStage => ({ configured, used, oldest });

const plan = (...changes: readonly (readonly [address: string, actions: string])[]): Plan => ({
  resource_changes: changes.map(([address, actions]) => change(address, actions)),
});

it("a Terraform plan that creates version 3 of a secret may also delete version 1", () => {
  expect(excessOfMaking(plan(["random_password.edge-2_token", "create"]), "edge-token", 2)).toEqual([]);
  const third = plan(["random_password.edge-3_token", "create"], ["random_password.edge_token", "delete"]);
  expect(excessOfMaking(third, "edge-token", 3)).toEqual([]);
  const fourth = plan(["random_password.edge-4_token", "create"], ["random_password.edge-2_token", "delete"]);
  expect(excessOfMaking(fourth, "edge-token", 4)).toEqual([]);
});

it("a Terraform plan that creates a new version of a secret may delete only resources of the rotated secret", () => {
  expect(excessOfMaking(plan(["random_password.password_replication", "delete"]), "database-passwords", 3)).toEqual([]);
  expect(
    excessOfMaking(plan(["tls_locally_signed_cert.mysql_alpha_certificate", "delete"]), "database-authority", 3),
  ).toEqual([]);
  expect(excessOfMaking(plan(["tls_private_key.ssh-host-key-2_alpha", "delete"]), "ssh-host-keys", 4)).toEqual([]);
});

it("a plan that creates a new secret may delete the key of a revoked Cloudflare certificate, but not the certificate in use", () => {
  const key = plan(["tls_private_key.origin-certificate-1_key", "delete"]);
  expect(excessOfMaking(key, "origin-certificate", 3)).toEqual([]);
  const used = plan(["cloudflare_origin_ca_certificate.origin-certificate-2_certificate[0]", "delete"]);
  expect(excessOfMaking(used, "origin-certificate", 3)).toHaveLength(1);
});

it.each([
  [2, "random_password.edge_token", "delete"],
  [3, "random_password.edge-2_token", "delete"],
  [3, "random_password.edge-3_token", "delete,create"],
  [3, "random_password.password_application", "delete"],
  [3, "tls_private_key.mysql_authority_key", "update"],
  [3, "tls_private_key.ssh-host-key_alpha", "delete"],
])(
  "a plan that creates a new version of the edge token may contain no other change (version %i: %s, %s)",
  (generation, address, actions) => {
    expect(excessOfMaking(plan([address, actions]), "edge-token", generation)).toHaveLength(1);
  },
);

const storeOf = (
  config: Config,
  { credentials, servers, edge }: ReturnType<typeof recordedTerraform>,
  variables: NodeJS.ProcessEnv = {},
) => new TerraformSecretStore({ config, credentials, servers, edge, synthesize: () => Promise.resolve(), variables });

describe("the application's secrets", () => {
  const config = exampleConfig({ application: { secrets: { PIN: { maxBytes: 4 }, PAYMENT_KEY: { maxBytes: 64 } } } });
  const variables = { TF_VAR_app_secret_pin: "1234", TF_VAR_app_secret_payment_key: "key" };
  const names = new Map([
    ["application.secrets.PIN", "app_secret_pin"],
    ["application.secrets.PAYMENT_KEY", "app_secret_payment_key"],
  ] as const);
  const said = () => undefined;

  it("the application's secrets are read from environment variables after an update of the servers' Terraform state", async () => {
    const terraform = recordedTerraform("production", [plan(["hcloud_server.alpha", "no-op"])]);
    const values = await storeOf(config, terraform, variables).fromOutside(names, said);
    expect(values.of("alpha", "application.secrets.PIN")).toBe("1234");
    expect(values.of("bravo", "application.secrets.PAYMENT_KEY")).toBe("key");
    expect(() => values.of("alpha", "edgeTokens")).toThrow("secret edgeTokens: has no external value");
    expect(terraform.calls().at(-1)).toBe("-chdir=production-servers apply production-servers/ops.tfplan");
  });

  it("a rotation of the application's secrets is rejected if a variable is missing or if a deploy would change a server", async () => {
    const terraform = recordedTerraform("production", [plan(["hcloud_server.alpha", "update"])]);
    const withoutKey = storeOf(config, terraform, { ...variables, TF_VAR_app_secret_payment_key: "" });
    await expect(withoutKey.fromOutside(names, said)).rejects.toThrow(
      "TF_VAR_app_secret_payment_key must be set: it contains the value of application.secrets.PAYMENT_KEY",
    );
    await expect(storeOf(config, terraform, variables).fromOutside(names, said)).rejects.toThrow(
      "refused: the plan would make more changes",
    );
    expect(terraform.calls().filter((call) => call.includes(" apply "))).toEqual([]);
  });
});

describe("secrets in the Terraform state", () => {
  const config = exampleConfig({ generations: { edgeToken: 2 } });
  const outputs = {
    stages: { "edge-token": { configured: 1, used: 1, oldest: 1 } },
    secrets: {
      shared: { edgeTokens: "new|old" },
      own: { alpha: { mysqlServerKey: "new key" } },
      before: {
        shared: { edgeTokens: "old", monitoringPassword: null },
        own: { alpha: { mysqlServerKey: "old key" } },
      },
    },
  };
  const secretsWith = (...plans: readonly Plan[]) => {
    const terraform = recordedTerraform("production", plans, outputs);
    return { terraform, secrets: storeOf(config, terraform) };
  };
  const silent = () => undefined;

  it("the stage of a secret rotation is derived from the configuration and the Terraform state", async () => {
    const { secrets } = secretsWith();
    expect(await secrets.stage("edge-token")).toEqual(stage(2, 1, 1));
    // If the state has no rotation numbers of a secret, the secret is in its first generation.
    expect(await secrets.stage("origin-pull-authority")).toEqual(stage(1, 1, 1));
    const values = await secrets.values();
    expect([values.of("alpha", "edgeTokens"), values.before("alpha", "edgeTokens")]).toEqual(["new|old", "old"]);
    expect([values.of("alpha", "mysqlServerKey"), values.before("alpha", "mysqlServerKey")]).toEqual([
      "new key",
      "old key",
    ]);
    expect([values.before("bravo", "mysqlServerKey"), values.before("alpha", "monitoringPassword")]).toEqual([
      undefined,
      undefined,
    ]);
    expect(() => values.of("alpha", "originKey")).toThrow("secret originKey of alpha");
  });

  it("a secret rotation advances its recorded stage in Terraform by one step, through a temporary copy of the stack", async () => {
    const { secrets, terraform } = secretsWith(plan(["terraform_data.edge-token_used", "update"]));
    await secrets.advance("edge-token", "used", silent);
    expect(terraform.calls().filter((call) => call.includes(" apply "))).toEqual([
      "-chdir=production-credentials-ops apply production-credentials-ops/ops.tfplan",
    ]);
  });

  it("the last step of an origin certificate rotation may revoke only the previous certificate at Cloudflare", async () => {
    const certificate = (number: number) =>
      [`cloudflare_origin_ca_certificate.origin-certificate-${number}_certificate[0]`, "delete"] as const;
    const moved = ["terraform_data.origin-certificate_oldest", "update"] as const;
    const issued = exampleConfig({ certificate: { generation: 3 } });
    const withPlan = (...changes: readonly (readonly [address: string, actions: string])[]) => {
      return storeOf(issued, recordedTerraform("production", [plan(...changes)]));
    };
    await withPlan(moved, certificate(2)).advance("origin-certificate", "oldest", silent);
    await expect(withPlan(moved, certificate(3)).advance("origin-certificate", "oldest", silent)).rejects.toThrow(
      "refused: the plan would make more changes",
    );
  });

  it.each([
    ["advance", plan(["terraform_data.edge-token_used", "update"], ["random_password.edge_token", "delete"])],
    ["show", plan(["cloudflare_ruleset.site_edge-token", "update"], ["hcloud_load_balancer.balancer", "update"])],
    ["show", plan(["cloudflare_ruleset.site_edge-token", "delete,create"])],
    ["show", plan(["hcloud_uploaded_certificate.certificate", "create,delete"])],
  ] as const)(
    "a secret rotation does not apply a Terraform plan that contains other changes (%s)",
    async (step, more) => {
      const { secrets, terraform } = secretsWith(more);
      const doing =
        step === "show" ? secrets.show("edge-token", silent) : secrets.advance("edge-token", "used", silent);
      await expect(doing).rejects.toThrow("refused: the plan would make more changes");
      expect(terraform.calls().filter((call) => call.includes(" apply "))).toEqual([]);
    },
  );

  it("a rotation of the origin certificate waits until every load balancer presents the new certificate", async () => {
    instantly();
    const [old, made] = [makeCertificate("www.foobar.com"), makeCertificate("www.foobar.com")];
    const server = createServer({ cert: old.certificate, key: old.key });
    const port = await portOf(server);
    const connect = tls.connect;
    const connecting = vi
      .spyOn(tls, "connect")
      .mockImplementation((options) => connect({ ...(options as tls.ConnectionOptions), port }));
    syncBuiltinESMExports();
    onTestFinished(() => {
      connecting.mockRestore();
      syncBuiltinESMExports();
    });
    const outputs: Record<string, object> = {
      balancer_addresses: { ipv4: "127.0.0.1" },
      secrets: { shared: { originCertificate: made.certificate } },
    };
    const stack = {
      plan: (_: unknown, use: (planned: object) => unknown) => use({ plan: {}, apply: () => Promise.resolve() }),
      outputs: () => Promise.resolve(outputs),
    } as unknown as Stack;
    const stacks = { ...recordedTerraform("production", []), credentials: stack, edge: stack };
    const show = (report: (line: string) => void) => storeOf(config, stacks).show("origin-certificate", report);
    const oldOne = `127.0.0.1 presents ${new X509Certificate(old.certificate).fingerprint256}`;
    await expect(show(silent)).rejects.toThrow(
      `the load balancer presents the new certificate: timed out after 120 s; ${oldOne}`,
    );
    const said: string[] = [];
    await show((line) => {
      said.push(line);
      server.setSecureContext({ cert: made.certificate, key: made.key });
    });
    expect(said).toEqual([oldOne]);
    expect(connecting).toHaveBeenLastCalledWith(expect.objectContaining({ port: 443, servername: "www.foobar.com" }));
    outputs["second_balancer_addresses"] = { ipv4: "127.0.0.2" };
    await expect(show(silent)).rejects.toThrow(
      "the load balancer presents the new certificate: timed out after 120 s; 127.0.0.2 presents no certificate",
    );
  });

  it("Cloudflare's client certificate may be replaced only if the new certificate is created before the old certificate is deleted", async () => {
    const address = "cloudflare_authenticated_origin_pulls_certificate.site_origin-pull-certificate";
    const { secrets, terraform } = secretsWith(plan([address, "create,delete"]));
    await secrets.show("origin-pull-authority", silent);
    expect(terraform.calls().at(-1)).toBe("-chdir=production-edge apply production-edge/ops.tfplan");
    const gap = secretsWith(plan([address, "delete,create"])).secrets;
    await expect(gap.show("origin-pull-authority", silent)).rejects.toThrow(
      `refused: the plan would make more changes`,
    );
  });

  it("a secret rotation sends new secrets to Cloudflare through a Terraform plan of the edge stack", async () => {
    const { secrets, terraform } = secretsWith(plan(["cloudflare_ruleset.site_edge-token", "update"]));
    await secrets.show("edge-token", silent);
    expect(terraform.calls().at(-1)).toBe("-chdir=production-edge apply production-edge/ops.tfplan");
  });
});
