import { describe, expect, it } from "vitest";
import { exampleConfig } from "../../support/config.js";
import { splitServers } from "../../support/servers.js";
import { synthesizeEnvironment } from "../../support/environment.js";
import { resources, type Attributes } from "../../support/synth.js";

const remote = (stack: string, name: string): string =>
  `\${data.terraform_remote_state.cross-stack-reference-input-production-${stack}.outputs.cross-stack-output-${name}}`;
const foundation = (name: string): string => remote("foundation", name);

const { servers } = synthesizeEnvironment(exampleConfig());
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

describe("server, defaults", () => {
  it("is a protected Debian 13 with fixed addresses, in its firewall and its group", () => {
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
      shutdown_before_deletion: true,
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
        ],
        prevent_destroy: true,
      },
    });
  });

  it("is labelled with environment, name, roles, the hash of its payload and what that expects of the balancer", () => {
    const { payload, ...labels } = alpha.labels;
    expect(labels).toEqual({
      environment: "production",
      "managed-by": "cdktf",
      server: "alpha",
      balancer: "terminate-10.0.1.5",
      "role-web": "true",
      "role-database": "true",
    });
    expect(payload).toMatch(/^[0-9a-f]{12}$/);
  });

  it("has its data volume attached and mounts it itself", () => {
    expect(resources(servers, "hcloud_volume_attachment")["alpha_data"]).toEqual({
      server_id: "${hcloud_server.alpha.id}",
      volume_id: foundation("hcloud_volume-alpha_data-id"),
      automount: false,
    });
  });
});

describe("server, everything set", () => {
  const front = resources(full, "hcloud_server")["front"];

  it("takes type, location, backups, protection and keys from the configuration", () => {
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

  it("has no volume and no label of a role that it does not carry", () => {
    expect(Object.keys(resources(full, "hcloud_volume_attachment"))).toEqual([
      "left_data",
      "middle_data",
      "right_data",
    ]);
    expect(front?.["labels"]).not.toHaveProperty("role-database");
  });
});

describe("secrets", () => {
  it("come in one part that Terraform puts together when it applies, the only reference in the user data", () => {
    expect(alpha.user_data.match(/\$\{[^}]*\}/g)).toEqual(["${base64gzip(local.alpha_secret_all)}"]);
  });

  it("are encoded by Terraform, each as a whole file", () => {
    const contents = servers.locals?.["alpha_secret_all"]?.match(/content: .*/g) ?? [];
    expect(contents).toHaveLength(11);
    for (const content of contents)
      expect(content).toMatch(/^content: \$\{base64encode\(local\.alpha_secret_[\w-]+\)\}$/);
  });

  it("keep the text around a value in a local, where quotes and line breaks are safe", () => {
    expect(servers.locals?.["alpha_secret_etc-nginx-secrets-edge-token-conf"]).toBe(
      `"${remote("credentials", "random_password-edge_token-result")}" 1;\n`,
    );
  });

  it("of the Datadog agent come from a sensitive variable that may stay empty", () => {
    expect(servers.variable).toMatchObject({ datadog_api_key: { type: "string", sensitive: true, default: "" } });
  });

  it("reach each server for its own roles and TLS mode only", () => {
    const ofServer = (name: string) =>
      Object.keys(full.locals ?? {}).filter((id) => id.startsWith(`${name}_secret_`)).length;
    const local = Object.keys(full.locals ?? {}).join(" ");
    expect(local).not.toContain("edge-token");
    expect(local).toContain("front_secret_etc-nginx-tls-origin-key");
    expect(local).not.toContain("left_secret_etc-nginx");
    expect(local).not.toContain("front_secret_etc-mysql-tls");
    expect([ofServer("front"), ofServer("left")]).toEqual([7, 9]);
  });
});

describe("outdated servers", () => {
  const payload = alpha.labels["payload"] ?? "";
  const current = `((lookup(hcloud_server.alpha.labels, "payload", "none") == "${payload}") && (hcloud_server.alpha.server_type == "cpx22"))`;

  it("are reported by a check in every plan, with the command that replaces one", () => {
    expect(Object.keys(servers.check ?? {})).toEqual(["alpha_current", "bravo_current", "charlie_current"]);
    expect(servers.check?.["alpha_current"]).toEqual({
      assert: [
        {
          condition: `\${${current}}`,
          error_message:
            "Server alpha has an older payload or another type. Replace one server at a time: terraform -chdir=cdktf.out/stacks/production-servers apply -replace=hcloud_server.alpha",
        },
      ],
    });
  });

  it("are listed in an output that compares what the state holds with the configuration", () => {
    expect(servers.output?.["outdated_servers"]?.["value"]).toContain(`${current} ? "" : "alpha"`);
  });

  it("stay as they are: an apply changes neither the labels, nor the type, nor the private address of any", () => {
    expect(alpha["lifecycle"]).toMatchObject({
      ignore_changes: expect.arrayContaining([
        'labels["payload"]',
        'labels["balancer"]',
        "server_type",
        "network",
      ]) as string[],
    });
  });
});
