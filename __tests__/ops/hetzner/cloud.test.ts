import { expect, it } from "vitest";
import { agreement } from "../../../modules/derived/agreement.js";
import { payloadHash } from "../../../modules/machine/compose/index.js";
import type { ApiServer } from "../../../ops/hetzner/api.js";
import { HetznerCloud, type HetznerCloudProps } from "../../../ops/hetzner/cloud.js";
import { type Plan } from "../../../ops/terraform/plan.js";
import { exampleConfig } from "../../support/config.js";
import { standInApi } from "../support/hetzner.js";
import { change, recordedTerraform } from "../support/terraform.js";

const config = exampleConfig();

const [alpha] = config.servers;
if (alpha === undefined) throw new Error("no server");

const server = (name: string, changes: Partial<ApiServer> = {}): ApiServer => {
  const wanted = config.servers.find((one) => one.name === name);
  if (wanted === undefined) throw new Error(name);
  return {
    id: name.length * 10 + name.charCodeAt(0),
    name,
    status: "running",
    labels: {
      payload: payloadHash(config, wanted),
      balancer: agreement(config),
      "role-web": "true",
      "role-database": "true",
    },
    server_type: { name: wanted.type },
    private_net: [{ ip: wanted.privateIp }],
    protection: { delete: true, rebuild: true },
    ...changes,
  };
};

const all = ["alpha", "bravo", "charlie"].map((name) => server(name));

const replaces: Plan = {
  resource_changes: [
    change("hcloud_server.alpha", "delete,create"),
    change("hcloud_server.bravo", "no-op"),
    change("hcloud_volume_attachment.alpha_data", "delete,create"),
  ],
};

const creates: Plan = {
  resource_changes: [change("hcloud_server.alpha", "create"), change("hcloud_volume_attachment.alpha_data", "create")],
};

const retargets: Plan = { resource_changes: [change("hcloud_load_balancer_target.balancer_alpha", "delete,create")] };

async function cloudWith(
  plans: readonly Plan[],
  servers: readonly ApiServer[] = all,
  props: Partial<HetznerCloudProps> = {},
  outputs: Readonly<Record<string, unknown>> = {},
) {
  const terraform = recordedTerraform("production", plans, outputs);
  const { api, asked } = await standInApi(servers);
  const synthesize = () => Promise.resolve();
  const cloud = new HetznerCloud({ config, api, ...terraform, secretDigests: {}, synthesize, ...props });
  const changes = () => asked.filter((line) => !line.startsWith("GET"));
  return { cloud, terraform, changes, asked };
}

const unprotects = `POST /servers/${server("alpha").id}/actions/change_protection {"delete":false,"rebuild":false}`;

const silent = () => undefined;

const raised = exampleConfig({ tls: "passthrough", certificate: { generation: 2 } });
const [web] = raised.servers;
if (web === undefined) throw new Error("no server");
const madeFor = (generation: number, more: Parameters<typeof exampleConfig>[0] = {}) =>
  payloadHash(exampleConfig({ tls: "passthrough", ...more, certificate: { generation } }), web);
const noted = async (payload: string) => {
  const made = server("alpha", { labels: { payload, kept: "label" } });
  const { cloud, changes } = await cloudWith([], [made], { config: raised });
  await cloud.noteCertificate(web);
  return changes();
};

it("after the delivery of a new origin certificate over SSH, a server gets the label of the new certificate and keeps its other labels", async () => {
  const labels = { payload: madeFor(2), kept: "label" };
  expect(await noted(madeFor(1))).toEqual([`PUT /servers/${server("alpha").id} ${JSON.stringify({ labels })}`]);
});

it("after the delivery of a new origin certificate over SSH, a server still counts as outdated if another part of its payload is outdated", async () => {
  expect(await noted(madeFor(1, { domain: "other.example.org" }))).toEqual([]);
});

it.each([
  ["old", 1],
  ["new", 0],
])(
  "after the delivery of application secrets over SSH, a server has the new secrets' label and keeps other labels (before: %s secrets)",
  async (had, times) => {
    const made = server("alpha", { labels: { kept: "label", "secret-application": had } });
    const outputs = { secret_digests: { "secret-application": "new" } };
    const { cloud, changes } = await cloudWith([], [made], {}, outputs);
    await cloud.noteSecrets(alpha, "secret-application");
    const labels = { kept: "label", "secret-application": "new" };
    const written = `PUT /servers/${server("alpha").id} ${JSON.stringify({ labels })}`;
    expect(changes()).toEqual(Array.from({ length: times }, () => written));
  },
);

/** A server that is no longer in the configuration but still in the Terraform states. */
const gone: ApiServer = {
  id: 77,
  name: "delta",
  status: "off",
  labels: { "role-database": "true" },
  server_type: { name: "cpx22" },
  protection: { delete: true, rebuild: true },
  private_net: [{ ip: "10.0.1.14" }],
};

const removes = (...addresses: readonly string[]): Plan => ({
  resource_changes: addresses.map((address, index) =>
    change(address, "delete", { id: String(70 + index), delete_protection: address.startsWith("hcloud_volume.") }),
  ),
});

const made = (privateIp: string) => ({ roles: ["web", "database"], privateIp, agreement: agreement(config) });

it("the list of servers at Hetzner includes servers that are no longer in the configuration, with the roles from their labels", async () => {
  const { cloud } = await cloudWith([], [...all, gone]);
  expect((await cloud.servers()).at(-1)).toMatchObject({
    name: "delta",
    current: false,
    roles: ["database"],
    privateIp: "10.0.1.14",
  });
});

it("a server is outdated if the server was created with another vendor key, unless no key is set or the label is missing", async () => {
  const madeWith = (name: string, digest: string) =>
    server(name, { labels: { ...server(name).labels, "secret-datadogApiKey": digest } });
  const servers = [madeWith("alpha", "0123456789ab"), madeWith("bravo", "none"), server("charlie")];
  const currentWith = async (digest: string) => {
    const { cloud } = await cloudWith([], servers, { secretDigests: { "secret-datadogApiKey": digest } });
    return (await cloud.servers()).filter(({ current }) => current).map(({ name }) => name);
  };
  expect(await currentWith("0123456789ab")).toEqual(["alpha", "charlie"]);
  expect(await currentWith("none")).toEqual(["alpha", "bravo", "charlie"]);
});

it("the list of servers at Hetzner is read from all pages, and a server is up to date if payload and type match the configuration", async () => {
  const other = server("charlie", {
    labels: { payload: "old" },
    status: "off",
    protection: { delete: false, rebuild: false },
  });
  const { cloud } = await cloudWith([], [server("alpha"), server("bravo", { server_type: { name: "cx43" } }), other]);
  expect(await cloud.servers()).toEqual([
    { name: "alpha", running: true, current: true, isProtected: true, ...made("10.0.1.11") },
    { name: "bravo", running: true, current: false, isProtected: true, ...made("10.0.1.12") },
    {
      name: "charlie",
      running: false,
      current: false,
      isProtected: false,
      ...made("10.0.1.13"),
      roles: [],
      agreement: undefined,
    },
  ]);
  const targets = new Map([
    ["alpha", true],
    ["bravo", true],
    ["charlie", false],
  ]);
  expect(await cloud.targets()).toEqual([{ name: "production", targets }]);
});

it.each(["running", "starting", "stopping", "deleting"])(
  'a server at Hetzner counts as running unless its status is "off": %s',
  async (status) => {
    const { cloud } = await cloudWith([], [server("alpha", { status })]);
    expect(await cloud.servers()).toMatchObject([{ running: true }]);
  },
);

it.each([
  { delete: true, rebuild: false },
  { delete: false, rebuild: true },
])(
  "a server counts as protected only if Hetzner protects the server against both deletion and rebuild: %s",
  async (protection) => {
    const { cloud } = await cloudWith([], [server("alpha", { protection })]);
    expect(await cloud.servers()).toMatchObject([{ isProtected: false }]);
  },
);

it("the replacement of a server removes only this server's protection, applies the reviewed plan and adds the server to the load balancer", async () => {
  const { cloud, terraform, changes } = await cloudWith([replaces, retargets]);
  await cloud.replace(alpha, silent);
  expect(terraform.calls()).toEqual([
    "-chdir=production-servers-ops plan -replace=hcloud_server.alpha -lock-timeout=60s",
    "-chdir=production-servers-ops show -json production-servers-ops/ops.tfplan",
    "-chdir=production-servers-ops apply production-servers-ops/ops.tfplan",
    "-chdir=production-edge plan -lock-timeout=60s",
    "-chdir=production-edge show -json production-edge/ops.tfplan",
    "-chdir=production-edge apply production-edge/ops.tfplan",
  ]);
  expect(changes()).toEqual([unprotects]);
  expect(terraform.leavesCopy()).toBe(false);
});

it("the replacement of a server with a new volume deletes the server before its volume, and lets Terraform create both again", async () => {
  const volume: Plan = { resource_changes: [change("hcloud_volume.alpha_data", "create")] };
  const { cloud, terraform, changes } = await cloudWith([{}, volume, creates, retargets]);
  await cloud.replace(alpha, silent, { newVolume: true });
  expect(changes().slice(0, 4)).toEqual([
    unprotects,
    `DELETE /servers/${server("alpha").id}`,
    'POST /volumes/55/actions/change_protection {"delete":false}',
    "DELETE /volumes/55",
  ]);
  expect(terraform.calls().filter((call) => call.includes(" apply "))).toEqual([
    "-chdir=production-foundation apply production-foundation/ops.tfplan",
    "-chdir=production-servers-ops apply production-servers-ops/ops.tfplan",
    "-chdir=production-edge apply production-edge/ops.tfplan",
  ]);
});

it("the replacement of a server with a new volume deletes nothing while the foundation stack has other pending changes", async () => {
  const other: Plan = { resource_changes: [change("hcloud_volume.bravo_data", "update")] };
  const { cloud, changes } = await cloudWith([other]);
  await expect(cloud.replace(alpha, silent, { newVolume: true })).rejects.toThrow(/the plan would do more/);
  expect(changes()).toEqual([]);
});

it("the replacement of a server is rejected before any deletion if Hetzner does not offer the server type", async () => {
  const soldOut = () => Promise.reject(new Error("cx23 is sold out in fsn1"));
  const { cloud, changes } = await cloudWith([], all, { requireOrderable: soldOut });
  await expect(cloud.prepare(alpha, silent)).rejects.toThrow("sold out");
  expect(changes()).toEqual([]);
});

it("the replacement of a server removes its protection before Terraform starts, because Terraform would otherwise fail halfway", async () => {
  const { cloud, terraform, changes } = await cloudWith([replaces]);
  terraform.failApply();
  await expect(cloud.replace(alpha, silent)).rejects.toThrow(/apply in .* failed/);
  expect(changes()).toHaveLength(1);
});

it.each<[string, Plan]>([
  [
    "a change of another server",
    { resource_changes: [...(replaces.resource_changes ?? []), change("hcloud_server.bravo", "update")] },
  ],
  ["a replacement of the data volume", { resource_changes: [change("hcloud_volume.alpha_data", "delete,create")] }],
  ["only the removal of the server", { resource_changes: [change("hcloud_server.alpha", "delete")] }],
])("the replacement of a server is rejected before any change if the Terraform plan contains %s", async (_, plan) => {
  const { cloud, terraform, changes } = await cloudWith([plan]);
  await expect(cloud.replace(alpha, silent)).rejects.toThrow(
    /refused: the plan would do more than replace this server/,
  );
  expect(terraform.calls().join()).not.toContain("apply");
  expect(changes()).toEqual([]);
  expect(terraform.leavesCopy()).toBe(false);
});

it("if a run is killed after it deleted the old server, the next run completes the replacement of the server", async () => {
  const { cloud, changes } = await cloudWith([creates, retargets], all.slice(1));
  await cloud.replace(alpha, silent);
  expect(changes()).toEqual([]);
});

it("the replacement of a server deletes the server and creates the server again if the Terraform state does not contain the server", async () => {
  const { cloud, terraform, changes } = await cloudWith([creates, retargets]);
  await cloud.replace(alpha, silent);
  expect(changes()).toEqual([unprotects, `DELETE /servers/${server("alpha").id}`]);
  expect(terraform.calls()[2]).toMatch(/^-chdir=production-servers-ops apply/);
});

it("if the Terraform state lacks a server and the plan of its replacement contains other changes, the server is not changed", async () => {
  const more = { resource_changes: [...(creates.resource_changes ?? []), change("hcloud_server.bravo", "update")] };
  const { cloud, asked } = await cloudWith([more]);
  await expect(cloud.replace(alpha, silent)).rejects.toThrow(/refused/);
  expect(asked).toEqual([]);
});

const replacedFor = (reason: string) => ({
  ...change("hcloud_server.alpha", "delete,create"),
  action_reason: `replace_${reason}`,
});
const disk = "hcloud_volume_attachment.alpha_data";

it.each([
  ["true if the server was created completely", [replacedFor("by_request"), change(disk, "delete,create")], true],
  [
    "false if Terraform has marked the server as tainted",
    [replacedFor("because_tainted"), change(disk, "delete,create")],
    false,
  ],
  [
    "false if the Terraform state does not contain the server",
    [change("hcloud_server.alpha", "create"), change(disk, "create")],
    false,
  ],
  [
    "false if the Terraform state does not contain its volume attachment",
    [replacedFor("by_request"), change(disk, "create")],
    false,
  ],
])("the preparation for the replacement of a server returns %s", async (_, resource_changes, isWhole) => {
  const { cloud } = await cloudWith([{ resource_changes }]);
  expect(await cloud.prepare(alpha, silent)).toBe(isWhole);
});

it("the replacement of a server restores the protection that an interrupted run removed, unless the configuration disables protection", async () => {
  const bare = server("alpha", { protection: { delete: false, rebuild: false } });
  const { cloud, changes } = await cloudWith([replaces, retargets], [bare]);
  await cloud.replace(alpha, silent);
  expect(changes().at(-1)).toMatch(/change_protection \{"delete":true,"rebuild":true\}$/);
  const open = await cloudWith([replaces, retargets], [bare], { config: exampleConfig({ protect: false }) });
  await open.cloud.replace(alpha, silent);
  expect(open.changes()).toEqual([]);
});

it("if a run is killed after it created the new server, the next run completes the replacement without a second creation", async () => {
  const attaches = {
    resource_changes: [
      change("hcloud_server.alpha", "update"),
      change("hcloud_volume_attachment.alpha_data", "create"),
    ],
  };
  const bare = server("alpha", { protection: { delete: false, rebuild: false } });
  const { cloud, terraform, changes } = await cloudWith([attaches, retargets], [bare]);
  await cloud.complete(alpha, silent);
  expect(terraform.calls().filter((call) => !call.includes(" show "))).toEqual([
    "-chdir=production-servers plan -lock-timeout=60s",
    "-chdir=production-servers apply production-servers/ops.tfplan",
    "-chdir=production-edge plan -lock-timeout=60s",
    "-chdir=production-edge apply production-edge/ops.tfplan",
  ]);
  expect(changes()).toEqual([expect.stringMatching(/change_protection \{"delete":true,"rebuild":true\}$/)]);
  const another = await cloudWith([replaces]);
  await expect(another.cloud.complete(alpha, silent)).rejects.toThrow(/replaces hcloud_server.alpha/);
});

it.each([
  ["was applied", [replaces, retargets], undefined],
  ["was rejected", [{ resource_changes: [change("hcloud_server.alpha", "delete")] }], /refused/],
  ["failed", [replaces, retargets], /apply in .* failed/],
])(
  "the replacement of a server leaves no plan file with secrets on the disk after the plan %s",
  async (_, plans, problem) => {
    const { cloud, terraform } = await cloudWith(plans);
    if (_ === "failed") terraform.failApply();
    const replacement = cloud.replace(alpha, silent);
    await (problem ? expect(replacement).rejects.toThrow(problem) : replacement);
    expect(terraform.plansLeft()).toEqual([]);
  },
);

const state = [
  "hcloud_volume.delta_data",
  "hcloud_volume.alpha_data",
  "tls_private_key.ssh-host-key_delta",
  "hcloud_volume.deltas_data",
];

it("the removal of a server deletes only resources of the server, first in the edge stack, and removes the protection of its volume", async () => {
  const deletes = removes("hcloud_volume.delta_data", "tls_private_key.ssh-host-key_delta");
  const { cloud, terraform, changes } = await cloudWith([deletes, deletes, deletes, deletes], [...all, gone]);
  terraform.setState(state);
  await cloud.remove("delta", silent);
  const targets = "-target=hcloud_volume.delta_data -target=tls_private_key.ssh-host-key_delta";
  expect(terraform.calls().filter((call) => / (plan|apply) /.test(call))).toEqual(
    ["edge", "servers", "foundation", "credentials"].flatMap((stack) => [
      `-chdir=production-${stack} plan ${targets} -lock-timeout=60s`,
      `-chdir=production-${stack} apply production-${stack}/ops.tfplan`,
    ]),
  );
  expect([...new Set(changes())]).toEqual(['POST /volumes/70/actions/change_protection {"delete":false}']);
});

it("the removal of a server is rejected before any change if the plan deletes a resource of another server", async () => {
  const { cloud, terraform } = await cloudWith([removes("hcloud_volume.delta_data", "hcloud_volume.alpha_data")]);
  terraform.setState(state);
  await expect(cloud.prepareRemoval("delta", silent)).rejects.toThrow(
    /more than remove this server:\n {2}deletes hcloud_volume\.alpha_data/,
  );
  expect(terraform.calls().join()).not.toContain("apply");
});

it("the removal of a server does nothing if no Terraform state contains a resource of the server", async () => {
  const { cloud, terraform } = await cloudWith([]);
  await cloud.remove("delta", silent);
  expect(terraform.calls().join()).not.toMatch(/ (plan|apply) /);
});
