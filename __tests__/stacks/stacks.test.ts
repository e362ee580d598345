import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Testing } from "cdktf";
import { describe, expect, it } from "vitest";
import { serverName } from "../../modules/config/values/index.js";
import { addStacks } from "../../stacks/index.js";
import type { Config } from "../../modules/config/schema.js";
import { exampleBackup, exampleConfig, exampleMove } from "../support/config.js";
import { synthesizeEnvironment } from "../support/environment.js";
import { addressesIn, type Attributes, withApp } from "../support/synth.js";

const stacks = synthesizeEnvironment(exampleConfig());
const names = ["alpha", "bravo", "charlie"];

/** inventory.test.ts checks the list of all resources. */
describe("resource addresses, a contract", () => {
  it("credentials have the same Terraform addresses in both TLS modes, so that a change of the mode keeps the servers' secrets", () => {
    const { credentials } = synthesizeEnvironment(exampleConfig({ tls: "passthrough" }));
    expect(addressesIn(credentials)).toEqual(addressesIn(stacks.credentials));
  });

  it("existing servers keep their Terraform addresses if other servers are added before and after them", () => {
    const grown = synthesizeEnvironment(
      exampleConfig({
        servers: {
          delta: { privateIp: "10.0.1.134", roles: ["web"] },
          aardvark: { privateIp: "10.0.1.135", roles: ["web"] },
        },
      }),
    );
    expect(addressesIn(grown.servers)).toEqual(expect.arrayContaining([...addressesIn(stacks.servers)]));
    const alpha = ({ servers }: typeof stacks) => ({
      ...servers.resource?.["hcloud_server"]?.["alpha"],
      user_data: undefined,
      labels: undefined,
    });
    expect(alpha(grown)).toEqual(alpha(stacks));
  });
});

const locks = (protect: boolean) => {
  const { credentials } = synthesizeEnvironment(exampleConfig({ protect, acceptUnprotected: !protect }));
  const passwords = credentials.resource?.["random_password"] ?? {};
  return ["application", "monitoring", "replication"].map(
    (name) => (passwords[`password_${name}`]?.["lifecycle"] as { prevent_destroy: boolean }).prevent_destroy,
  );
};

it("database passwords cannot be destroyed or recreated while the environment is protected", () => {
  expect(locks(true)).toEqual([true, true, true]);
  expect(locks(false)).toEqual([false, false, false]);
});

describe("resources of all stacks", () => {
  const environments = {
    terminate: exampleConfig({ backup: exampleBackup }),
    passthrough: exampleConfig({ tls: "passthrough" }),
    "while the domain changes": exampleConfig(exampleMove),
  };
  /** Returns the kinds of resources that all have this attribute or lifecycle setting. @throws if only some resources of a kind have it */
  const kindsWith = (config: Config, holds: (resource: Attributes) => boolean): readonly string[] => {
    const found = new Map<string, boolean>();
    for (const stack of Object.values(synthesizeEnvironment(config)))
      for (const [kind, all] of Object.entries(stack.resource ?? {}))
        for (const [name, resource] of Object.entries(all)) {
          // The settings of passwords and keys depend on their purpose, so separate tests check them.
          if (kind === "random_password" || kind.startsWith("tls_")) continue;
          const has = holds(resource);
          if ((found.get(kind) ?? has) !== has)
            throw new Error(`${kind}.${name} differs from the other resources of its kind`);
          found.set(kind, has);
        }
    return [...found].flatMap(([kind, has]) => (has ? [kind] : [])).sort();
  };
  const lifecycleOf = (resource: Attributes) => (resource["lifecycle"] ?? {}) as Readonly<Record<string, unknown>>;
  const keptByPlans = (resource: Attributes): boolean => lifecycleOf(resource)["prevent_destroy"] === true;
  const keptByHetzner = (resource: Attributes): boolean => resource["delete_protection"] === true;

  it.each(Object.entries(environments))(
    "resources whose loss would affect data or the site are protected by plans and by Hetzner: %s",
    (_, config) => {
      const atHetzner = [
        "hcloud_load_balancer",
        "hcloud_network",
        "hcloud_primary_ip",
        "hcloud_server",
        "hcloud_volume",
      ];
      expect(kindsWith(config, keptByHetzner)).toEqual(atHetzner);
      expect(kindsWith(config, keptByPlans)).toEqual(
        [...atHetzner, "cloudflare_dns_record", "hcloud_network_subnet"].sort(),
      );
    },
  );

  it("all resources can be destroyed if the protection is disabled", () => {
    const open = exampleConfig({ protect: false, acceptUnprotected: true });
    expect([kindsWith(open, keptByPlans), kindsWith(open, keptByHetzner)]).toEqual([[], []]);
  });

  it("certificates in use are replaced by a successor before they are destroyed", () => {
    const hasSuccessor = (resource: Attributes): boolean => lifecycleOf(resource)["create_before_destroy"] === true;
    const origin = "cloudflare_origin_ca_certificate";
    expect(kindsWith(environments.terminate, hasSuccessor)).toEqual([origin, "hcloud_uploaded_certificate"]);
    expect(kindsWith(environments.passthrough, hasSuccessor)).toEqual([
      ...["cloudflare_authenticated_origin_pulls_certificate", origin],
    ]);
  });

  it("a deploy changes all attributes of resources except those that only a replacement, a rotation or a rollout may change", () => {
    const isHeld = (resource: Attributes): boolean => Array.isArray(lifecycleOf(resource)["ignore_changes"]);
    for (const config of Object.values(environments))
      expect(kindsWith(config, isHeld)).toEqual([
        ...["cloudflare_origin_ca_certificate", "hcloud_server", "terraform_data"],
      ]);
  });
});

it("during a rotation, database members get both passwords with their generations, the password in use first", () => {
  const { credentials } = synthesizeEnvironment(exampleConfig({ generations: { databasePasswords: 2 } }));
  const { shared } = credentials.output?.["secrets"]?.["value"] as { readonly shared: Record<string, string> };
  const [newest, before] = ["2", "1"].map(
    (number) => `join(" ", ["${number}", random_password.password${number === "2" ? "-2" : ""}_replication.result])`,
  );
  const at = (number: string): string =>
    `(terraform_data.database-passwords_${number}.input == 2) ? ${newest} : ${before}`;
  expect(shared["replicationPasswords"]).toBe(`\${join("\\n", distinct([${at("used")}, ${newest}, ${at("oldest")}]))}`);
});

describe("the authority of Cloudflare's client certificate during a rotation", () => {
  const { credentials, edge } = synthesizeEnvironment(
    exampleConfig({ tls: "passthrough", generations: { originPullAuthority: 2 } }),
  );
  const { shared } = credentials.output?.["secrets"]?.["value"] as {
    readonly shared: Readonly<Record<string, string>>;
  };
  const at = (number: string, of: (pair: string) => string): string =>
    `(terraform_data.origin-pull-authority_${number}.input == 2) ? ${of("origin-pull-2")} : ${of("origin-pull")}`;
  const ca = (pair: string): string => `tls_self_signed_cert.${pair}_authority_certificate.cert_pem`;

  it("before its first rotation, the authority of Cloudflare's client certificate adds nothing to the Terraform state, so existing plans stay empty", () => {
    const { credentials: first } = synthesizeEnvironment(exampleConfig({ tls: "passthrough" }));
    expect(JSON.stringify(first)).not.toContain("origin-pull-authority");
    expect(JSON.stringify(credentials)).toContain("origin-pull-authority");
  });

  it("during a rotation of the authority of Cloudflare's client certificate, servers trust both the new and the previous authority", () => {
    const all = [at("used", ca), ca("origin-pull-2"), at("oldest", ca)];
    expect(shared["originPullCa"]).toBe(`\${join("", sort(distinct([${all.join(", ")}])))}`);
  });

  it("during a rotation of Cloudflare's authority, the authority signs the certificate that Cloudflare presents, which no server has", () => {
    expect(JSON.stringify(shared)).not.toContain("client_certificate");
    const [shown] = Object.values(edge.resource?.["cloudflare_authenticated_origin_pulls_certificate"] ?? {});
    expect(shown).toMatchObject({ lifecycle: { create_before_destroy: true } });
    expect(shown?.["certificate"]).toMatch(
      /origin-pull-authority_used-input == 2\) \? [^?:]*origin-pull-2_client_certificate[^?:]* : [^?:]*origin-pull_client_certificate/,
    );
  });
});

describe("the authority of MySQL's certificates during a rotation", () => {
  const { credentials } = synthesizeEnvironment(exampleConfig({ generations: { databaseAuthority: 2 } }));
  type Values = Readonly<Record<string, string>>;
  interface GivenOut {
    readonly shared: Values;
    readonly own: Readonly<Record<string, Values>>;
  }
  const { shared, own, before } = credentials.output?.["secrets"]?.["value"] as GivenOut & {
    readonly before: GivenOut;
  };
  const at = (number: string, of: (mysql: string) => string): string =>
    `(terraform_data.database-authority_${number}.input == 2) ? ${of("mysql-2")} : ${of("mysql")}`;

  it("during a rotation of MySQL's authority, members trust both authorities, in the same order at every step", () => {
    const pem = (mysql: string): string => `tls_self_signed_cert.${mysql}_authority_certificate.cert_pem`;
    const all = [at("used", pem), pem("mysql-2"), at("oldest", pem)];
    expect(shared["mysqlCa"]).toBe(`\${join("", sort(distinct([${all.join(", ")}])))}`);
  });

  it("during a rotation, MySQL's authority signs the members' current certificates, and the previous certificates for the final check", () => {
    const pem = (mysql: string): string => `tls_locally_signed_cert.${mysql}_alpha_certificate.cert_pem`;
    const key = (mysql: string): string => `tls_private_key.${mysql}_alpha_key.private_key_pem`;
    expect(own["alpha"]).toMatchObject({
      mysqlServerCertificate: `\${${at("used", pem)}}`,
      mysqlServerKey: `\${${at("used", key)}}`,
    });
    expect(before.own["alpha"]).toEqual({
      mysqlServerCertificate: `\${${pem("mysql")}}`,
      mysqlServerKey: `\${${key("mysql")}}`,
    });
  });
});

const beside = withApp((app) => {
  addStacks(app, exampleConfig());
  return app.node.findAll();
})
  .filter(({ node }) => names.includes(node.id))
  .flatMap(({ node }) => node.scope?.node.children ?? [])
  .map(({ node }) => node.id)
  .filter((id) => !names.includes(id));

it("a server name is rejected if another construct has this name", () => {
  expect(beside).toEqual(expect.arrayContaining(["authority", "backend", "hcloud", "network", "service-443"]));
  expect(beside.filter((id) => serverName.safeParse(id).success)).toEqual([]);
});

it("a stack reads data only from stacks that are deployed before it", () => {
  const order = withApp((app) => {
    addStacks(app, exampleConfig());
    app.synth();
    return JSON.parse(readFileSync(join(app.outdir, "manifest.json"), "utf8")) as {
      readonly stacks: Record<string, { readonly dependencies: readonly string[] }>;
    };
  });
  expect(
    Object.fromEntries(
      Object.entries(order.stacks).map(([name, { dependencies }]) => [name, [...dependencies].sort()]),
    ),
  ).toEqual({
    "production-foundation": [],
    "production-credentials": [],
    "production-servers": ["production-credentials", "production-foundation"],
    "production-edge": ["production-credentials", "production-foundation", "production-servers"],
    "production-monitoring": ["production-edge"],
  });
});

it("data that stacks exchange are always marked as sensitive", () => {
  for (const stack of [stacks.foundation, stacks.credentials, stacks.servers]) {
    const handedOn = Object.entries(stack.output ?? {}).filter(([name]) => name.startsWith("cross-stack-output-"));
    expect(handedOn.length).toBeGreaterThan(0);
    for (const [, output] of handedOn) expect(output["sensitive"]).toBe(true);
  }
});

it("data that stacks exchange have names that Terraform accepts", () => {
  for (const stack of Object.values(stacks))
    for (const name of Object.keys(stack.output ?? {})) expect(name).toMatch(/^[A-Za-z_][\w-]*$/);
});

it("outputs of the stacks contain addresses, the site and the next commands", () => {
  const own = (stack: typeof stacks.edge) =>
    Object.keys(stack.output ?? {}).filter((name) => !name.startsWith("cross-stack-output-"));
  expect(own(stacks.servers)).toEqual(["outdated_servers", "replace_commands", "secret_digests", "server_addresses"]);
  expect(own(stacks.edge)).toEqual(["balancer_addresses", "next_commands", "site_url"]);
  expect(own(stacks.credentials)).toEqual(["origin_certificate_expires_on", "secrets", "ssh_host_keys", "stages"]);
  expect(stacks.credentials.output?.["secrets"]?.["sensitive"]).toBe(true);
  expect(stacks.edge.output?.["site_url"]?.["value"]).toBe("https://www.foobar.com/");
});

it.each([
  [undefined, "terraform"],
  ["tofu", "tofu"],
])("commands in the outputs of the stacks use the configured binary: %s", (terraform, binary) => {
  const { servers } = withApp((app) => addStacks(app, exampleConfig(), terraform));
  const text = Testing.synth(servers);
  expect(text).toContain(`"alpha": "${binary} -chdir=cdktf.out/stacks/production-servers apply -replace=`);
  expect(text).toContain(`one server at a time: ${binary} -chdir`);
});

it("two runs synthesize byte-identical files that contain no path of this machine", () => {
  const text = (): string =>
    withApp((app) => {
      addStacks(app, exampleConfig());
      app.synth();
      return ["foundation", "credentials", "servers", "edge"]
        .map((name) => readFileSync(join(app.outdir, "stacks", `production-${name}`, "cdk.tf.json"), "utf8"))
        .join("\n");
    });
  const first = text();
  expect(text()).toBe(first);
  expect(first).not.toContain(process.cwd());
});
