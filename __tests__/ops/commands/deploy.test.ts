import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { deploy } from "../../../ops/commands/deploy.js";
import { fingerprintOf, planAll, readReviewed, writeReviewed } from "../../../ops/commands/plan.js";
import { Progress } from "../../../ops/core/progress.js";
import { stacksOf } from "../../../ops/hetzner/site.js";
import type { Plan } from "../../../ops/terraform/plan.js";
import { exampleConfig } from "../../support/config.js";
import { temporaryFolder } from "../../support/payload-files.js";
import { change, recordedTerraform } from "../support/terraform.js";

const harmless: Plan = { resource_changes: [change("hcloud_server.alpha", "update"), change("tls_key.a", "no-op")] };
const destroying: Plan = {
  resource_changes: [change("cloudflare_dns_record.www", "delete"), change("hcloud_load_balancer.b", "create,delete")],
};
const silent = new Progress(() => undefined);
const applied = (calls: readonly string[]): readonly string[] => calls.filter((call) => call.includes(" apply "));

/** Returns the stack of the servers and the stack of the edge, in this order. */
function stacksWith(...plans: readonly Plan[]) {
  const terraform = recordedTerraform("production", plans);
  return { stacks: [terraform.servers, terraform.edge], calls: terraform.calls };
}

it("npm run ops deploy deploys each Terraform stack after its dependencies, and skips the monitoring stack if monitoring is disabled", () => {
  const namesOf = (enabled: boolean) =>
    stacksOf(exampleConfig({ monitoring: { enabled } }), "terraform").stacks.map(
      ({ name }) => name.split("production-")[1],
    );
  expect(namesOf(true)).toEqual(["foundation", "credentials", "servers", "edge", "monitoring"]);
  expect(namesOf(false)).toEqual(["foundation", "credentials", "servers", "edge"]);
});

it("npm run ops deploy initializes all Terraform stacks before it plans, checks and applies one stack after the other", async () => {
  const { stacks, calls } = stacksWith(harmless, {});
  await deploy(stacks, {}, silent);
  const inEach = (...words: readonly string[]) =>
    ["servers", "edge"].flatMap((name) => words.map((word) => `-chdir=production-${name} ${word}`));
  expect(calls().map((call) => call.split(" ").slice(0, 2).join(" "))).toEqual([
    ...inEach("init"),
    ...inEach("plan", "show", "apply"),
  ]);
});

it("npm run ops deploy rejects a plan that destroys or replaces a resource without a review, and lists the stacks already deployed", async () => {
  const { stacks, calls } = stacksWith(harmless, destroying);
  await expect(deploy(stacks, {}, silent)).rejects.toThrow(
    /^production-edge: the plan destroys resources without a review:\n {2}deletes cloudflare_dns_record.www\n {2}replaces hcloud_load_balancer.b\nDeployed before: production-servers/,
  );
  expect(applied(calls())).toHaveLength(1);
});

it("npm run ops deploy rejects a plan that creates a server if a secret of the server is missing", async () => {
  const check = (name: string) => ({
    address: { to_display: `check.${name}` },
    status: "fail",
    instances: [{ problems: [{ message: "TF_VAR_app_secret_key is not set" }] }],
  });
  const checks = [check("needed_app_secret_key")];
  const making = [change("hcloud_server.alpha", "create")];
  const refused = stacksWith({ resource_changes: making, checks }, {});
  await expect(deploy(refused.stacks, {}, silent)).rejects.toThrow(
    /^production-servers: a server would be created without a secret that it needs:\n {2}check.needed_app_secret_key: TF_VAR_app_secret_key is not set\n/,
  );
  expect(applied(refused.calls())).toEqual([]);
  for (const first of [
    { ...harmless, checks },
    { resource_changes: making, checks: [check("datadog_api_key")] },
  ])
    await deploy(stacksWith(first, {}).stacks, {}, silent);
});

it("npm run ops deploy --reviewed destroys only the resources that the reviewed plan destroys", async () => {
  const agreed = { "production-edge": ["deletes cloudflare_dns_record.www", "replaces hcloud_load_balancer.b"] };
  const all = stacksWith({}, destroying);
  await deploy(all.stacks, agreed, silent);
  expect(applied(all.calls())).toHaveLength(2);

  const one = stacksWith({}, destroying);
  await expect(
    deploy(one.stacks, { "production-edge": ["deletes cloudflare_dns_record.www"] }, silent),
  ).rejects.toThrow("replaces hcloud_load_balancer.b");
  expect(applied(one.calls())).toHaveLength(1);
});

it("npm run ops deploy recreates a missing resource only after a review, because the content of the resource is lost", async () => {
  const missing: Plan = {
    resource_drift: [change("hcloud_volume.alpha", "delete")],
    resource_changes: [change("hcloud_volume.alpha", "create"), change("hcloud_volume.bravo", "create")],
  };
  const { stacks, calls } = stacksWith(missing, {});
  await expect(deploy(stacks, {}, silent)).rejects.toThrow(
    /without a review:\n {2}creates again hcloud_volume.alpha, which is missing\nDeployed before: nothing/,
  );
  expect(applied(calls())).toEqual([]);
  const agreed = { "production-servers": ["creates again hcloud_volume.alpha, which is missing"] };
  const reviewed = stacksWith(missing, {});
  await deploy(reviewed.stacks, agreed, silent);
  expect(applied(reviewed.calls())).toHaveLength(2);
});

it("npm run ops deploy rejects the replacement of a resource if only an update or the plan of another stack was reviewed", async () => {
  const { stacks } = stacksWith({}, destroying);
  const other = {
    "production-edge": ["updates hcloud_load_balancer.b"],
    "production-servers": ["deletes cloudflare_dns_record.www"],
  };
  await expect(deploy(stacks, other, silent)).rejects.toThrow("deletes cloudflare_dns_record.www");
});

it("a file of reviewed Terraform plans contains actions without values and can be read back", async () => {
  const { stacks } = stacksWith(harmless, {
    resource_changes: [change("random_password.a", "update", { result: "old" }, { result: "new" })],
    output_changes: { site_url: { actions: ["update"] } },
  });
  const said: string[] = [];
  const reviewed = await planAll(stacks, (text) => said.push(text));
  expect(reviewed).toEqual({
    fingerprint: await fingerprintOf(stacks),
    stacks: {
      "production-servers": ["updates hcloud_server.alpha"],
      "production-edge": ["updates random_password.a", "changes outputs"],
    },
  });
  const file = join(temporaryFolder(), "plan.json");
  await writeReviewed(file, reviewed);
  expect(await readReviewed(file, stacks)).toEqual(reviewed.stacks);
});

it("npm run ops deploy --reviewed rejects plans that were reviewed for another configuration", async () => {
  const { stacks } = stacksWith(harmless, {});
  const file = join(temporaryFolder(), "plan.json");
  await writeReviewed(file, await planAll(stacks, () => undefined));
  writeFileSync(join(stacks[1]?.folder ?? "", "cdk.tf.json"), '{"resource":{}}');
  await expect(readReviewed(file, stacks)).rejects.toThrow(
    /^\S+plan\.json: was created from another configuration or commit \([0-9a-f]{16}, now [0-9a-f]{16}\); run `npm run ops -- plan --summary \S+` and review/,
  );
});

it("the command that saves Terraform plans for a review locks no state and applies no plan", async () => {
  const { stacks, calls } = stacksWith({}, {});
  await planAll(stacks, () => undefined);
  expect(
    calls()
      .filter((call) => call.includes(" plan "))
      .every((call) => call.includes("-lock=false")),
  ).toBe(true);
  expect(applied(calls())).toEqual([]);
  expect(calls().filter((call) => / show -no-color \S+ops\.tfplan$/.test(call))).toHaveLength(2);
});

it("npm run ops deploy --reviewed rejects a file of reviewed plans in another format", async () => {
  await expect(readReviewed("package.json", [])).rejects.toThrow(
    "package.json: must be a file written by `npm run ops",
  );
});
