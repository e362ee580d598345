import { describe, expect, it } from "vitest";
import { agreement } from "../../modules/hetzner/server/agreement.js";
import { payloadHash } from "../../modules/machine/compose/index.js";
import type { ApiServer } from "../../ops/hetzner/api.js";
import { HetznerCloud } from "../../ops/hetzner/cloud.js";
import type { Plan } from "../../ops/terraform/plan.js";
import { exampleConfig } from "../support/config.js";
import { standInApi } from "./support/hetzner.js";
import { change, recordedTerraform } from "./support/terraform.js";

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
    labels: { payload: payloadHash(config, wanted), balancer: agreement(config), "role-web": "true" },
    server_type: { name: wanted.type },
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

async function cloudWith(plans: readonly Plan[], servers: readonly ApiServer[] = all) {
  const terraform = recordedTerraform("production", plans);
  const { api, asked } = await standInApi(servers);
  const cloud = new HetznerCloud({
    config,
    api,
    servers: terraform.servers,
    edge: terraform.edge,
    synthesize: () => Promise.resolve(),
  });
  const changes = () => asked.filter((line) => line.startsWith("POST"));
  return { cloud, terraform, changes };
}
const silent = () => undefined;

describe("servers as Hetzner has them", () => {
  it("are current when payload and type are what the configuration asks for, all pages of them", async () => {
    const other = server("charlie", {
      labels: { payload: "old" },
      status: "off",
      protection: { delete: false, rebuild: false },
    });
    const { cloud } = await cloudWith([], [server("alpha"), server("bravo", { server_type: { name: "cx43" } }), other]);
    expect(await cloud.servers()).toEqual([
      { name: "alpha", running: true, current: true, isProtected: true },
      { name: "bravo", running: true, current: false, isProtected: true },
      { name: "charlie", running: false, current: false, isProtected: false },
    ]);
    expect(Object.fromEntries(await cloud.targets())).toEqual({ alpha: true, bravo: true, charlie: false });
  });
});

describe("the API's client", () => {
  it("asks again when Hetzner is busy, and gives up at once on what it is told is wrong", async () => {
    const busy = await standInApi(all, [429, 503]);
    expect(await busy.api.servers("a=b")).toHaveLength(3);
    const wrong = await standInApi(all, [403]);
    await expect(wrong.api.servers("a=b")).rejects.toThrow("Hetzner: GET /servers: 403 not now");
    expect(wrong.asked).toHaveLength(1);
  });
});

describe("the replacement of a server", () => {
  it("lifts the protection of this server alone, applies the plan that was read, and puts it on the balancer", async () => {
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
    expect(changes()).toEqual([
      `POST /servers/${server("alpha").id}/actions/change_protection {"delete":false,"rebuild":false}`,
    ]);
    expect(terraform.leavesCopy()).toBe(false);
  });

  it.each<[string, Plan]>([
    [
      "another server",
      { resource_changes: [...(replaces.resource_changes ?? []), change("hcloud_server.bravo", "update")] },
    ],
    ["the disk", { resource_changes: [change("hcloud_volume.alpha_data", "delete,create")] }],
    ["its removal", { resource_changes: [change("hcloud_server.alpha", "delete")] }],
  ])("is refused when the plan would touch %s too, before anything is", async (_, plan) => {
    const { cloud, terraform, changes } = await cloudWith([plan]);
    await expect(cloud.replace(alpha, silent)).rejects.toThrow(
      /refused: the plan would do more than replace this server/,
    );
    expect(terraform.calls().join()).not.toContain("apply");
    expect(changes()).toEqual([]);
    expect(terraform.leavesCopy()).toBe(false);
  });

  it("is completed where a run was killed between the old server's end and the new one's begin", async () => {
    const { cloud, terraform } = await cloudWith([creates, retargets], all.slice(1));
    await cloud.replace(alpha, silent);
    expect(terraform.calls().filter((call) => call.includes("import"))).toEqual([]);
  });

  it("takes a server into the state that a killed run has made and no state knows, and replaces it", async () => {
    const { cloud, terraform } = await cloudWith([creates, replaces, retargets]);
    await cloud.replace(alpha, silent);
    expect(terraform.calls()[2]).toBe(`-chdir=production-servers-ops import hcloud_server.alpha ${server("alpha").id}`);
  });

  it("leaves a server protected that an interrupted run left without", async () => {
    const bare = server("alpha", { protection: { delete: false, rebuild: false } });
    const { cloud, changes } = await cloudWith([replaces, retargets], [bare]);
    await cloud.replace(alpha, silent);
    expect(changes().at(-1)).toMatch(/change_protection \{"delete":true,"rebuild":true\}$/);
  });

  it("is completed, without another one, where a run was killed after the server was made", async () => {
    const attaches = { resource_changes: [change("hcloud_volume_attachment.alpha_data", "create")] };
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
    ["was refused", [{ resource_changes: [change("hcloud_server.alpha", "delete")] }], /refused/],
    ["failed", [replaces, retargets], /apply in .* failed/],
  ])("leaves no file of a plan, for plans hold secrets, when it %s", async (_, plans, problem) => {
    const { cloud, terraform } = await cloudWith(plans);
    if (_ === "failed") terraform.failApply();
    const replacement = cloud.replace(alpha, silent);
    await (problem ? expect(replacement).rejects.toThrow(problem) : replacement);
    expect(terraform.plansLeft()).toEqual([]);
  });

  it("is refused beforehand while servers are made for another balancer", async () => {
    const old = server("bravo", { labels: { "role-web": "true", balancer: "passthrough-10.0.1.5-00000000" } });
    const { cloud } = await cloudWith([replaces], [server("alpha"), old]);
    await expect(cloud.prepare(alpha, silent)).rejects.toThrow(
      /refused: bravo was made for another domain, tls or network\.balancerIp/,
    );
  });
});
