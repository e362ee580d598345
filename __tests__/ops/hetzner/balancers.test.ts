import { describe, expect, it } from "vitest";
import { balancerName } from "../../../modules/derived/balancer.js";
import type { Config } from "../../../modules/config/schema.js";
import type { ApiBalancer, ApiServer } from "../../../ops/hetzner/api.js";
import { HetznerBalancers } from "../../../ops/hetzner/balancers.js";
import { retargetingOf } from "../../../ops/terraform/allowed.js";
import { destructionOf, type Plan } from "../../../ops/terraform/plan.js";
import { exampleConfig, exampleMove } from "../../support/config.js";
import { synthesizeEnvironment } from "../../support/environment.js";
import { addressesIn } from "../../support/synth.js";
import { standInApi } from "../support/hetzner.js";
import { change, recordedTerraform } from "../support/terraform.js";

const config = exampleConfig({
  tls: "passthrough",
  network: { balancerIp: "10.0.1.6" },
  loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } },
});
const servers = ["alpha", "bravo", "charlie"].map((name, index) => ({ id: index + 1, name }) as ApiServer);
const target = (id: number, status: string) => ({
  type: "server",
  server: { id },
  health_status: [{ listen_port: 443, status }],
});
const before = { name: "production", targets: [target(3, "healthy")] };
const now = { name: balancerName(config), targets: [target(1, "healthy"), target(2, "unhealthy")] };

const planOf = (...changes: readonly (readonly [address: string, actions: string])[]): Plan => ({
  resource_changes: changes.map(([address, actions]) => change(address, actions)),
});

async function balancersWith(
  plans: readonly Plan[],
  {
    there = [before],
    outputs = {},
    as = config,
    answer = 200,
  }: {
    readonly there?: readonly Partial<ApiBalancer>[];
    readonly outputs?: Readonly<Record<string, unknown>>;
    readonly as?: Config;
    readonly answer?: number;
  } = {},
) {
  const terraform = recordedTerraform("production", plans, outputs);
  const { api, asked } = await standInApi(servers, [], there);
  const visited: string[] = [];
  const balancers = new HetznerBalancers({
    config: as,
    api,
    edge: terraform.edge,
    synthesize: () => Promise.resolve(),
    visit: (url) => Promise.resolve(visited.push(url)).then(() => answer),
    answerSeconds: 0,
  });
  const said: string[] = [];
  return {
    balancers,
    visited,
    terraform,
    said,
    report: (line: string) => void said.push(line),
    changes: () => asked.filter((line) => !line.startsWith("GET")),
    applied: () => terraform.calls().filter((call) => call.includes(" apply ")).length,
  };
}

type Step = "open" | "part" | "point" | "close";

/** Checks that a step rejects a plan with unexpected changes and changes nothing. */
async function expectRefused(step: Step, plan: Plan, reason: RegExp, given: Parameters<typeof balancersWith>[1] = {}) {
  const { balancers, applied, changes, report } = await balancersWith([plan], given);
  await expect(balancers[step](report)).rejects.toThrow(reason);
  expect({ applied: applied(), changes: changes() }).toEqual({ applied: 0, changes: [] });
}

const opens: readonly (readonly [string, string])[] = [
  ["hcloud_load_balancer.balancer[0]", "no-op"],
  ["hcloud_load_balancer.balancer-2", "create"],
  ["hcloud_load_balancer_network.balancer-2_network", "create"],
  ["hcloud_load_balancer_service.balancer-2_service-443", "create"],
  ["cloudflare_authenticated_origin_pulls_certificate.site_origin-pull-certificate", "create"],
  ["cloudflare_authenticated_origin_pulls_settings.site_origin-pull-settings", "create"],
  ["terraform_data.changeover_used", "create"],
  ["terraform_data.changeover_only", "create"],
];
const recordsOf = (site: string) =>
  ["www-a", "www-aaaa", "apex-a", "apex-aaaa"].map(
    (record) => [`cloudflare_dns_record.${site}_${record}`, "update"] as const,
  );
const closes: readonly (readonly [string, string])[] = [
  ["hcloud_load_balancer.balancer[0]", "delete"],
  ["hcloud_load_balancer_network.balancer_network[0]", "delete"],
  ["hcloud_load_balancer_service.balancer_service-443[0]", "delete"],
  ["hcloud_uploaded_certificate.certificate[0]", "delete"],
  ["cloudflare_ruleset.site_edge-token[0]", "delete"],
];
const copied = "-chdir=production-edge-ops";

it("a migration creates the second load balancer and its origin pull certificate next to the first load balancer, from a temporary copy of the stack", async () => {
  const { balancers, terraform, changes, report } = await balancersWith([planOf(...opens)]);
  await balancers.open(report);
  expect(terraform.calls()).toEqual([
    "-chdir=production-edge init",
    `${copied} plan -lock-timeout=60s`,
    `${copied} show -json production-edge-ops/ops.tfplan`,
    `${copied} apply production-edge-ops/ops.tfplan`,
  ]);
  expect(changes()).toEqual([]);
  expect(terraform.plansLeft()).toEqual([]);
  expect(terraform.leavesCopy("edge")).toBe(false);
});

it("servers that an interrupted run created for the second load balancer become its targets, and are removed from the first load balancer", async () => {
  const { balancers, applied, report } = await balancersWith([
    planOf(
      ["hcloud_load_balancer_target.balancer-2_alpha[0]", "create"],
      ["hcloud_load_balancer_target.balancer_alpha[0]", "delete"],
    ),
  ]);
  await balancers.open(report);
  expect(applied()).toBe(1);
});

it.each([
  [
    "replaces a service of the active load balancer",
    "hcloud_load_balancer_service.balancer_service-443[0]",
    "delete,create",
  ],
  ["replaces the active load balancer", "hcloud_load_balancer.balancer[0]", "delete,create"],
  ["destroys the new load balancer", "hcloud_load_balancer.balancer-2", "delete"],
  ["changes DNS records", "cloudflare_dns_record.site_www-a", "update"],
  ["deletes the edge token that servers require", "cloudflare_ruleset.site_edge-token[0]", "delete"],
])("a migration creates no second load balancer if the Terraform plan %s", async (_, address, actions) => {
  await expectRefused(
    "open",
    planOf(...opens, [address, actions]),
    new RegExp(
      `refused: the plan would do more than create a second load balancer:\n {2}\\w+ ${address.split("[")[0]}`,
    ),
  );
});

it("a migration creates no second load balancer if the existing load balancer differs from the setting loadBalancer.formerly", async () => {
  const { balancers, terraform, report } = await balancersWith([], { there: [{ name: "production-2" }] });
  await expect(balancers.open(report)).rejects.toThrow(
    "Hetzner has no load balancer production; it has production-2. loadBalancer.number must differ",
  );
  expect(terraform.calls()).toEqual(["-chdir=production-edge init"]);
});

it("a migration deletes and recreates a second load balancer that has no targets and is missing in the Terraform state", async () => {
  const { balancers, changes, report } = await balancersWith([planOf(...opens)], {
    there: [before, { id: 50, name: "production-2" }],
  });
  await balancers.open(report);
  expect(changes()).toEqual([
    'POST /load_balancers/50/actions/change_protection {"delete":false}',
    "DELETE /load_balancers/50",
  ]);
});

it("a migration changes nothing if a second load balancer is missing in the Terraform state but has targets", async () => {
  const { balancers, applied, changes, report } = await balancersWith([planOf(...opens)], {
    there: [before, { ...now, targets: [target(1, "healthy")] }],
  });
  await expect(balancers.open(report)).rejects.toThrow(
    "balancer production-2 is in no Terraform state, but has targets",
  );
  expect({ applied: applied(), changes: changes() }).toEqual({ applied: 0, changes: [] });
});

it("the migration step that directs visitors to the new load balancer may change only DNS records", async () => {
  const { balancers, applied, report } = await balancersWith([
    planOf(["terraform_data.changeover_used", "update"], ...recordsOf("site")),
  ]);
  await balancers.point(report);
  expect(applied()).toBe(1);
  await expectRefused(
    "point",
    planOf(...recordsOf("site"), ["hcloud_load_balancer.balancer[0]", "delete"]),
    /deletes hcloud_load_balancer\.balancer\[0\]/,
  );
});

const noted = planOf(["terraform_data.changeover_only", "update"]);

it("a migration deletes the previous load balancer with all resources that only this load balancer uses, then records the deletion in the Terraform state", async () => {
  const { balancers, terraform, changes, applied, report } = await balancersWith([planOf(...closes), noted], {
    there: [before, now],
  });
  await balancers.close(report);
  expect(changes()).toEqual(['POST /load_balancers/9/actions/change_protection {"delete":false}']);
  expect(applied()).toBe(2);
  expect(terraform.leavesCopy("edge")).toBe(false);
});

it.each([
  ["the new load balancer", "hcloud_load_balancer.balancer-2", "delete"],
  [
    "the origin pull settings of the new servers",
    "cloudflare_authenticated_origin_pulls_settings.site_origin-pull-settings",
    "delete",
  ],
  ["a target of the new load balancer", "hcloud_load_balancer_target.balancer-2_alpha[0]", "delete"],
  ["a DNS record", "cloudflare_dns_record.site_www-a", "update"],
])(
  "a migration does not delete the previous load balancer if the Terraform plan also changes %s",
  async (_, address, actions) => {
    const plan = planOf(...closes, [address, actions]);
    await expectRefused("close", plan, /more than remove the previous load balancer/, { there: [before, now] });
  },
);

/** Configuration of a change of domain. There are two zones, and both load balancers present a certificate with both names. */
const moved = exampleConfig(exampleMove);
const stays = synthesizeEnvironment(exampleConfig());
const moves = synthesizeEnvironment(moved);
describe("a new domain", () => {
  /** All resources that the first plan of the change of domain creates. */
  const opensToo = [
    ...addressesIn(moves.edge)
      .filter((address) => !addressesIn(stays.edge).includes(address))
      .filter((address) => !/_load_balancer_target|\.site_redirect/.test(address))
      .map(
        (address) => [address === "cloudflare_ruleset.site-2_redirect" ? `${address}[0]` : address, "create"] as const,
      ),
    ["hcloud_uploaded_certificate.certificate", "create,delete"],
    ["hcloud_load_balancer_service.balancer_service-443[0]", "update"],
  ] as const;

  it("a migration to a new domain creates a new site at Cloudflare, which must answer before any server is replaced", async () => {
    const { balancers, applied, visited, report } = await balancersWith([planOf(...opensToo)], { as: moved });
    await balancers.open(report);
    expect({ applied: applied(), visited }).toEqual({ applied: 1, visited: ["https://www.foobar.net/"] });
  });

  it("a completed change of the domain can be reversed, which updates the existing DNS records and the redirect", async () => {
    const back = exampleConfig({
      certificate: { generation: 2 },
      loadBalancer: { number: 1, formerly: { domain: "foobar.net", tls: "terminate", balancerIp: "10.0.1.6" } },
    });
    const { balancers, applied, report } = await balancersWith(
      [planOf(...recordsOf("site"), ["cloudflare_ruleset.site_redirect[0]", "update"])],
      { as: back, there: [now] },
    );
    await balancers.open(report);
    expect(applied()).toBe(1);
  });

  it.each([
    ["replaces records of the old zone", "cloudflare_dns_record.site_www-a", "delete,create"],
    ["redirects the old domain", "cloudflare_ruleset.site_redirect[0]", "create"],
    ["deletes the edge token that servers require", "cloudflare_ruleset.site_edge-token[0]", "delete"],
    [
      "replaces an active load balancer service",
      "hcloud_load_balancer_service.balancer_service-443[0]",
      "delete,create",
    ],
    ["changes a rule of the old zone", "cloudflare_ruleset.site_firewall", "update"],
  ])("a migration to a new domain is stopped if the Terraform plan %s", async (_, address, actions) => {
    const plan = planOf(...opensToo, [address, actions]);
    await expectRefused("open", plan, /more than create a second load balancer/, { as: moved });
  });

  it("a migration to a new domain first stops the new domain's redirect, then redirects the old domain, and changes no DNS record", async () => {
    const parting = planOf(
      ["terraform_data.changeover_used", "update"],
      ["cloudflare_ruleset.site-2_redirect[0]", "delete"],
    );
    const leading = planOf(
      ["terraform_data.changeover_used", "update"],
      ["cloudflare_ruleset.site_redirect[0]", "create"],
    );
    const { balancers, applied, visited, report } = await balancersWith([parting, leading], { as: moved });
    await balancers.part(report);
    await balancers.point(report);
    expect({ applied: applied(), visited }).toEqual({ applied: 2, visited: ["https://www.foobar.net/"] });
    for (const plan of [leading, planOf(...recordsOf("site"))])
      await expectRefused("part", plan, /more than serve both names without a redirect/, { as: moved });
    for (const plan of [parting, planOf(...recordsOf("site-2"))])
      await expectRefused("point", plan, /more than direct visitors to the new load balancer/, { as: moved });
  });

  it("a migration does not redirect the old domain if the new domain does not answer", async () => {
    const { balancers, applied, report } = await balancersWith([], { as: moved, answer: 530 });
    await expect(balancers.point(report)).rejects.toThrow(
      /https:\/\/www\.foobar\.net\/ answers: .* timed out after 0 s; 530/,
    );
    expect(applied()).toBe(0);
  });

  it("the rules and DNS records of the old domain's zone remain after a migration deletes the previous load balancer", async () => {
    const { balancers, applied, report } = await balancersWith(
      [
        planOf(...closes.filter(([address]) => !address.includes("certificate")), ...recordsOf("site")),
        planOf(["terraform_data.changeover_only", "update"], ["cloudflare_ruleset.site_redirect[0]", "update"]),
      ],
      { as: moved, there: [before, now] },
    );
    await balancers.close(report);
    expect(applied()).toBe(2);
    for (const [address, actions] of [
      ["cloudflare_dns_record.site_www-a", "delete"],
      ["cloudflare_ruleset.site_redirect[0]", "delete"],
      ["cloudflare_ruleset.site_firewall", "delete"],
      ["hcloud_uploaded_certificate.certificate", "delete"],
    ] as const)
      await expectRefused(
        "close",
        planOf(...closes.slice(0, 3), [address, actions]),
        /more than remove the previous load balancer/,
        { as: moved, there: [before, now] },
      );
  });
});

it.each([
  ["before the first deployment of the change", {}, [before], { pointed: false, over: false }],
  ["if DNS contains the first load balancer", { used: 1, only: 0 }, [before, now], { pointed: false, over: false }],
  ["if DNS contains the second load balancer", { used: 2, only: 0 }, [before, now], { pointed: true, over: false }],
  ["after the deletion of the first load balancer", { used: 2, only: 2 }, [now], { pointed: true, over: true }],
  [
    "if a deployment has created the first load balancer again",
    { used: 2, only: 2 },
    [before, now],
    { pointed: true, over: false },
  ],
])(
  "the progress of a load balancer migration is derived from Terraform outputs and existing load balancers: %s",
  async (_, stage, there, expected) => {
    const { balancers } = await balancersWith([], { there, outputs: { balancer_change: stage } });
    expect(await balancers.changeover()).toEqual(expected);
  },
);

it("the progress of a load balancer migration includes the servers that pass the health check of the new load balancer", async () => {
  const { balancers } = await balancersWith([], { there: [before, now] });
  expect(await balancers.healthy()).toEqual(["alpha"]);
  const none = await balancersWith([]);
  expect(await none.balancers.healthy()).toEqual([]);
});

it("during a load balancer migration, the plan of a server's replacement may move only this server to the other load balancer", () => {
  expect(Object.keys(retargetingOf("alpha", ["balancer-2"], "balancer"))).toEqual([
    "hcloud_load_balancer_target.balancer-2_alpha[0]",
    "hcloud_load_balancer_target.balancer_alpha[0]",
  ]);
  expect(retargetingOf("alpha", ["balancer"])).toEqual({
    "hcloud_load_balancer_target.balancer_alpha": ["create", "delete,create", "create,delete"],
  });
  expect(Object.keys(retargetingOf("alpha", ["balancer", "balancer-second"]))).toEqual([
    "hcloud_load_balancer_target.balancer_alpha",
    "hcloud_load_balancer_target.balancer-second_alpha",
  ]);
});

it("a plan that deletes the recorded progress of a migration is not treated as destructive", () => {
  expect(destructionOf(planOf(["terraform_data.changeover_used", "delete"], ["hcloud_x.y", "delete"]))).toEqual([
    "deletes hcloud_x.y",
  ]);
});
