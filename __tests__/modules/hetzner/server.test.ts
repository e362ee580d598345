import { describe, expect, it } from "vitest";
import { compressedShared } from "../../../modules/machine/compose/index.js";
import { exampleConfig } from "../../support/config.js";
import { splitServers } from "../../support/servers.js";
import { synthesizeEnvironment } from "../../support/environment.js";
import { resources, type Attributes } from "../../support/synth.js";

const remote = (stack: string, name: string): string =>
  `\${data.terraform_remote_state.cross-stack-reference-input-production-${stack}.outputs.cross-stack-output-${name}}`;
const bare = (stack: string, name: string): string => remote(stack, name).slice(2, -1);
const foundation = (name: string): string => remote("foundation", name);

const config = exampleConfig();
const { servers } = synthesizeEnvironment(config);
const alpha = resources(servers, "hcloud_server")["alpha"] as Attributes & {
  readonly user_data: string;
  readonly labels: Record<string, string>;
};

const full = synthesizeEnvironment(
  exampleConfig({
    servers: { ...splitServers, front: { privateIp: "10.0.1.131", roles: ["web"], type: "cx43" } },
    tls: "passthrough",
    location: "fsn1",
    backups: false,
    protect: false,
    acceptUnprotected: true,
    administrators: {
      cidrs: ["198.51.100.0/24"],
      sshKeys: { ada: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJj8pTqGz1bq3SG7C0nb1hnUjZ9X1Y7Fdx4u3q9xZ1aB ada" },
    },
  }),
).servers;

it("by default, a server is a protected Debian 13 with fixed addresses, a firewall and a placement group", () => {
  expect({ ...alpha, user_data: undefined, labels: undefined }).toEqual({
    name: "alpha",
    server_type: "cpx22",
    image: "debian-13",
    location: "nbg1",
    placement_group_id: foundation("hcloud_placement_group-placement_servers-id"),
    firewall_ids: [foundation("hcloud_firewall-alpha_firewall-id")],
    ssh_keys: [],
    public_net: [
      {
        ipv4_enabled: true,
        ipv4: foundation("hcloud_primary_ip-alpha_address_ipv4-id"),
        ipv6_enabled: true,
        ipv6: foundation("hcloud_primary_ip-alpha_address_ipv6-id"),
      },
    ],
    network: [{ subnet_id: foundation("hcloud_network_subnet-network_subnet-id"), ip: "10.0.1.11", alias_ips: [] }],
    backups: true,
    delete_protection: true,
    rebuild_protection: true,
    lifecycle: {
      ignore_changes: [
        "user_data",
        "ssh_keys",
        "image",
        "server_type",
        "network",
        "placement_group_id",
        'labels["payload"]',
        'labels["balancer"]',
        'labels["secret-datadogApiKey"]',
      ],
      prevent_destroy: true,
      precondition: [
        {
          condition: "${length(base64encode(local.alpha_user_data)) <= 43688}",
          error_message: expect.stringMatching(/^User data of alpha: must be at most 32768 bytes/) as string,
        },
      ],
    },
  });
});

it("a server has labels with its environment, name, roles, payload hash, load balancer settings and digests of external secrets", () => {
  const { payload, ...labels } = alpha.labels;
  expect(labels).toEqual({
    environment: "production",
    "managed-by": "cdktf",
    server: "alpha",
    balancer: "terminate-10.0.1.5-fcc63e85",
    "secret-datadogApiKey": '${local.secret_labels_digests["secret-datadogApiKey"]}',
    "role-web": "true",
    "role-database": "true",
  });
  expect(payload).toMatch(/^[0-9a-f]{12}$/);
});

it("a server has its data volume attached and mounts it by its payload", () => {
  expect(resources(servers, "hcloud_volume_attachment")["alpha_data"]).toEqual({
    server_id: "${hcloud_server.alpha.id}",
    volume_id: foundation("hcloud_volume-alpha_data-id"),
    automount: false,
  });
});

describe("a server with every setting", () => {
  const front = resources(full, "hcloud_server")["front"];

  it("a server has the configured type, location, backups, protection and keys", () => {
    expect(front).toMatchObject({
      server_type: "cx43",
      location: "fsn1",
      backups: false,
      delete_protection: false,
      rebuild_protection: false,
      lifecycle: { prevent_destroy: false },
      ssh_keys: [foundation("hcloud_ssh_key-administrators_ada-id")],
    });
  });

  it("a server without the role database has no data volume and no label of this role", () => {
    expect(Object.keys(resources(full, "hcloud_volume_attachment"))).toEqual([
      "left_data",
      "middle_data",
      "right_data",
    ]);
    expect(front?.["labels"]).not.toHaveProperty("role-database");
  });
});

it("Terraform assembles the user data during apply, and the parts that servers share are in the JSON only once", () => {
  const references = (stack: typeof servers, name: string) =>
    JSON.stringify(stack.locals?.[`${name}_user_data`]).match(/\$\{[^}]*\}/g);
  expect(alpha?.["user_data"]).toBe("${local.alpha_user_data}");
  expect(references(servers, "alpha")).toEqual([
    "${local.shared_parts_web-database_cloud-config}",
    "${base64gzip(local.shared_parts_web-database_all)}",
    "${base64gzip(local.alpha_secret_all)}",
  ]);
  expect(references(full, "front")).toEqual([
    "${local.shared_parts_web_cloud-config}",
    "${base64gzip(local.shared_parts_web_all)}",
    "${base64gzip(local.front_secret_all)}",
  ]);
  expect(servers.locals?.["shared_parts_web-database_cloud-config"]).toBe(
    compressedShared(config, ["web", "database"]),
  );
});

describe("secrets", () => {
  it("Terraform encodes each file that contains secrets as a whole", () => {
    const contentsOf = (local: string) => (servers.locals?.[local] as string).match(/content: .*/g) ?? [];
    const [shared, own] = [contentsOf("shared_parts_web-database_all"), contentsOf("alpha_secret_all")];
    expect([shared.length, own.length]).toEqual([9, 3]);
    for (const content of [...shared, ...own])
      expect(content).toMatch(
        /^content: \$\{(jsonencode|base64encode)\(local\.(shared_parts_web-database|alpha_secret)_[a-z][\w-]+\)\}$/,
      );
  });

  it("Terraform embeds secrets in a text by a local value, where quotes and line breaks are safe", () => {
    expect(servers.locals?.["shared_parts_web-database_etc-nginx-secrets-edge-token-conf"]).toBe(
      `"~^(?:\${join("|", [${bare("credentials", "random_password-edge_token-result")}])})$" 1;\n`,
    );
  });

  it("the Datadog key comes from a sensitive variable that may be empty", () => {
    expect(servers.variable).toMatchObject({ datadog_api_key: { type: "string", sensitive: true, default: "" } });
  });

  it("a plan requires the Datadog key only if monitoring is enabled", () => {
    expect(servers.check?.["datadog_api_key"]).toEqual({
      assert: [
        {
          condition: '${var.datadog_api_key != ""}',
          error_message: "TF_VAR_datadog_api_key is not set. On servers created now, the Datadog agent stays off.",
        },
      ],
    });
    const unwatched = synthesizeEnvironment(exampleConfig({ monitoring: { enabled: false } })).servers;
    expect(unwatched.check).not.toHaveProperty("datadog_api_key");
  });

  it("a secret is stored only on servers whose roles and TLS mode need the secret", () => {
    const locals = Object.keys(full.locals ?? {});
    const count = (prefix: string) => locals.filter((id) => id.startsWith(prefix)).length;
    expect(locals.join(" ")).not.toContain("edge-token");
    expect(locals).toContain("shared_parts_web_etc-nginx-tls-origin-key");
    expect(locals.join(" ")).not.toContain("shared_parts_database_etc-nginx");
    expect(locals.join(" ")).not.toContain("shared_parts_web_etc-mysql-tls");
    expect([count("shared_parts_web_"), count("shared_parts_database_")]).toEqual([8, 8]);
    expect([count("front_secret_"), count("left_secret_")]).toEqual([2, 4]);
  });

  it("two servers with the same roles differ only in the SSH host key and in MySQL's certificate and key", () => {
    expect(Object.keys(servers.locals ?? {}).filter((id) => id.startsWith("alpha_secret_"))).toEqual([
      "alpha_secret_all",
      "alpha_secret_etc-mysql-tls-server-key",
      "alpha_secret_etc-mysql-tls-server-pem",
      "alpha_secret_etc-ssh-host_ed25519_key",
    ]);
  });
});

describe("outdated servers", () => {
  const payload = alpha.labels["payload"] ?? "";

  it("a server is outdated if its payload label or type differs from the configuration", () => {
    expect(Object.keys(servers.locals?.["is_current"] ?? {})).toEqual(["alpha", "bravo", "charlie"]);
    expect(servers.locals?.["is_current"]).toMatchObject({
      alpha: `\${lookup(hcloud_server.alpha.labels, "payload", "none") == "${payload}" && hcloud_server.alpha.server_type == "cpx22" && contains(["none", lookup(hcloud_server.alpha.labels, "secret-datadogApiKey", local.secret_labels_digests["secret-datadogApiKey"])], local.secret_labels_digests["secret-datadogApiKey"])}`,
    });
  });

  it("every plan reports outdated servers by a check, with the command that replaces a server", () => {
    expect(Object.keys(servers.check ?? {}).filter((name) => name.endsWith("_current"))).toEqual([
      "alpha_current",
      "bravo_current",
      "charlie_current",
    ]);
    expect(servers.check?.["alpha_current"]).toEqual({
      assert: [
        {
          condition: '${local.is_current["alpha"]}',
          error_message:
            "Server alpha has an outdated payload or key, or its type differs from the configuration. Replace one server at a time: terraform -chdir=cdktf.out/stacks/production-servers apply -replace=hcloud_server.alpha",
        },
      ],
    });
  });

  it("an output compares the Terraform state with the configuration and lists the outdated servers", () => {
    expect(servers.output?.["outdated_servers"]?.["value"]).toBe(
      "${[for name, is_current in local.is_current : name if !is_current]}",
    );
  });

  it("a server that was created with another external key is outdated; keys are compared only by a keyed digest", () => {
    expect(servers.locals?.["secret_labels_digests"]).toEqual({
      "secret-datadogApiKey":
        '${nonsensitive(contains([var.datadog_api_key], "") ? "none" : local.secret_labels_secret-datadogApiKey)}',
    });
    expect(servers.locals?.["secret_labels_secret-datadogApiKey"]).toMatch(
      /^\$\{substr\(sha256\(jsonencode\(\[.*digest_key.*, "secret-datadogApiKey", var\.datadog_api_key\]\)\), 0, 12\)\}$/,
    );
  });

  it("all web servers are outdated if one application secret changes, because one digest covers all application secrets", () => {
    const secrets = { PIN: { maxBytes: 4 }, PAYMENT_KEY: { maxBytes: 64 } };
    const { servers } = synthesizeEnvironment(exampleConfig({ application: { secrets }, servers: splitServers }));
    const { front, left } = resources(servers, "hcloud_server");
    expect(front?.["labels"]).toMatchObject({
      "secret-application": '${local.secret_labels_digests["secret-application"]}',
    });
    expect(left?.["labels"]).not.toHaveProperty("secret-application");
    expect(servers.locals?.["secret_labels_digests"]).toMatchObject({
      "secret-application":
        '${nonsensitive(contains([var.app_secret_pin, var.app_secret_payment_key], "") ? "none" : local.secret_labels_secret-application)}',
    });
    expect(servers.locals?.["secret_labels_secret-application"]).toMatch(
      /^\$\{substr\(sha256\(jsonencode\(\[.*digest_key.*, "secret-application", var\.app_secret_pin, var\.app_secret_payment_key\]\)\), 0, 12\)\}$/,
    );
  });
});
