import { expect, it } from "vitest";
import { linesOf } from "../../../ops/commands/drift.js";
import { neededSecret } from "../../../modules/platform/names.js";
import { changeoverSteps } from "../../../ops/terraform/changeover.js";
import {
  actionsOf,
  changesOutputs,
  deletionsOf,
  destructionOf,
  differencesOf,
  excessOf,
  isWholeIn,
  missingSecretsOf,
  belongsTo,
} from "../../../ops/terraform/plan.js";
import { change } from "../support/terraform.js";

it("npm run ops drift reports drift if Terraform would revert an external change", () => {
  const found = differencesOf({
    resource_drift: [
      change("hcloud_server.alpha", "update", { labels: { a: 1 }, name: "alpha" }, { labels: {}, name: "alpha" }),
    ],
    resource_changes: [
      change("hcloud_server.alpha", "update", { labels: {}, name: "alpha" }, { labels: { a: 1 }, name: "alpha" }),
    ],
  });
  expect(found).toEqual({ drift: ["hcloud_server.alpha: labels"], pending: [], failedChecks: [] });
});

it("npm run ops drift reports drift if a resource is missing", () => {
  const gone = differencesOf({
    resource_drift: [change("cloudflare_dns_record.site_www-a", "delete", { name: "www" })],
    resource_changes: [change("cloudflare_dns_record.site_www-a", "create", {}, { name: "www" })],
  });
  expect(gone.drift).toEqual(["cloudflare_dns_record.site_www-a: is gone"]);
});

it("npm run ops drift reports new settings as pending changes, separate from drift of the same resource", () => {
  const both = differencesOf({
    resource_drift: [change("hcloud_firewall.a", "update", { rule: [1], name: "a" }, { rule: [], name: "a" })],
    resource_changes: [
      change("hcloud_firewall.a", "update", { rule: [], name: "a" }, { rule: [1], name: "b" }),
      change("hcloud_volume.new", "create", {}, { size: 10 }),
      change("data.hcloud_x.y", "read"),
    ],
  });
  expect(both.drift).toEqual(["hcloud_firewall.a: rule"]);
  expect(both.pending).toEqual(["updates hcloud_firewall.a: name", "creates hcloud_volume.new"]);
});

it("npm run ops drift ignores external changes of attributes that are not configured", () => {
  const quiet = differencesOf({
    resource_drift: [change("hcloud_primary_ip.a", "update", { assignee_id: 1 }, { assignee_id: 2 })],
    resource_changes: [change("hcloud_primary_ip.a", "no-op")],
  });
  expect(linesOf("production-foundation", quiet)).toEqual(["production-foundation: as configured"]);
});

it("npm run ops drift shows the names of attributes but not their values", () => {
  const secret = differencesOf({
    resource_changes: [change("random_password.a", "update", { result: "old" }, { result: "new" })],
  });
  expect(JSON.stringify(secret)).not.toMatch(/old|new/);
});

it("npm run ops drift reports failed Terraform checks, because Terraform's exit code does not report failed checks", () => {
  const checks = [
    {
      address: { to_display: "check.alpha_current" },
      status: "fail",
      instances: [{ problems: [{ message: "old payload" }] }],
    },
    { address: { to_display: "check.bravo_current" }, status: "pass" },
  ];
  expect(differencesOf({ checks }).failedChecks).toEqual(["check.alpha_current: old payload"]);
  // A check also fails if it has an error, or if it has no message.
  const silent = [
    { address: {}, status: "error", instances: [{ problems: [{ message: "a" }, { message: "b" }] }, {}] },
    { address: { to_display: "check.x" }, status: "fail" },
    { address: { to_display: "check.y" }, status: "unknown" },
  ];
  expect(differencesOf({ checks: silent }).failedChecks).toEqual(["check: a; b", "check.x: failed"]);
});

it("npm run ops drift lists attributes in alphabetical order, and only if their new values are known before the apply", () => {
  const { pending } = differencesOf({
    resource_changes: [
      change("hcloud_server.a", "update", { ipv4: "1", name: "a", labels: 1 }, { name: "b", labels: 2 }),
    ],
  });
  expect(pending).toEqual(["updates hcloud_server.a: labels, name"]);
  const hidden = differencesOf({ resource_changes: [change("hcloud_server.a", "update", { ipv4: "1" })] });
  expect(hidden.pending).toEqual(["updates hcloud_server.a"]);
});

it("npm run ops drift also reports resources that Terraform would create or delete", () => {
  const { address, change: made } = change("hcloud_volume.a", "create", {}, { size: 10 });
  const gone = change("hcloud_volume.b", "delete");
  const plan = {
    resource_changes: [
      { address, change: { ...made, before: null } },
      { address: gone.address, change: { ...gone.change, after: null } },
    ],
  };
  expect(differencesOf(plan).pending).toEqual(["creates hcloud_volume.a", "deletes hcloud_volume.b"]);
});

it("npm run ops drift lists no attributes of a replaced resource, unless the resource has also drifted", () => {
  const replaced = change("hcloud_server.a", "delete,create", { name: "a", image: 1 }, { name: "b", image: 1 });
  expect(differencesOf({ resource_changes: [replaced] }).pending).toEqual(["replaces hcloud_server.a"]);
  const drifted = change("hcloud_server.a", "update", { name: "a", image: 1 }, { name: "a", image: 2 });
  const both = differencesOf({
    resource_changes: [change("hcloud_server.a", "delete,create", { name: "a", image: 2 }, { name: "b", image: 1 })],
    resource_drift: [drifted],
  });
  expect(both).toMatchObject({ drift: ["hcloud_server.a: image"], pending: ["replaces hcloud_server.a: name"] });
});

it("npm run ops drift reports a change as pending if the configuration changes another attribute than the drifted attribute", () => {
  const found = differencesOf({
    resource_drift: [change("hcloud_primary_ip.a", "update", { assignee_id: 1 }, { assignee_id: 2 })],
    resource_changes: [change("hcloud_primary_ip.a", "update", { name: "a" }, { name: "b" })],
  });
  expect(found).toMatchObject({ drift: [], pending: ["updates hcloud_primary_ip.a: name"] });
});

it("the summary of a Terraform plan has one line per changed resource, and marks deletions and replacements as destruction", () => {
  const plan = {
    resource_changes: [
      change("a.a", "create"),
      change("a.b", "update"),
      change("a.c", "delete"),
      change("a.d", "create,delete"),
      change("a.e", "no-op"),
      change("data.a.f", "read"),
    ],
  };
  expect(actionsOf(plan)).toEqual(["creates a.a", "updates a.b", "deletes a.c", "replaces a.d"]);
  expect(destructionOf(plan)).toEqual(["deletes a.c", "replaces a.d"]);
  expect(deletionsOf(plan).map(({ address }) => address)).toEqual(["a.c"]);
  expect([actionsOf({}), destructionOf({}), deletionsOf({})]).toEqual([[], [], []]);
});

it("an action of a Terraform plan is allowed only if both the resource address and the kind of action are allowed", () => {
  const plan = {
    resource_changes: [change("a.a", "update"), change("a.b", "delete,create"), change("a.c", "no-op")],
  };
  expect(excessOf(plan, { "a.a": ["update"], "a.b": ["delete,create"] })).toEqual([]);
  expect(excessOf(plan, { "a.a": ["create"], "a.b": ["create,delete"] })).toEqual(["updates a.a", "replaces a.b"]);
  expect(excessOf(plan, {})).toHaveLength(2);
});

it("a server counts as completely created only if the Terraform plan replaces the server because a replacement was requested", () => {
  const requested = { ...change("hcloud_server.alpha", "delete,create"), action_reason: "replace_by_request" };
  const isWhole = (name: string) => isWholeIn({ resource_changes: [requested] }, `hcloud_server.${name}`);
  expect(["alpha", "bravo"].map(isWhole)).toEqual([true, false]);
});

it("a Terraform plan counts as a change of outputs if at least one output has an action other than no-op", () => {
  const outputs = (...actions: string[]) => ({ output_changes: { a: { actions: ["no-op"] }, b: { actions } } });
  expect(changesOutputs(outputs("update"))).toBe(true);
  expect(changesOutputs(outputs("no-op"))).toBe(false);
  expect(changesOutputs({})).toBe(false);
});

it("a Terraform plan is reported for a missing secret only if the plan creates a server and the secret's check fails", () => {
  const check = { address: { to_display: `check.${neededSecret}_key` }, status: "fail" };
  const missing = (address: string, actions: string, status = "fail") =>
    missingSecretsOf({ resource_changes: [change(address, actions)], checks: [{ ...check, status }] });
  expect(missing("hcloud_server.alpha", "create")).toEqual([`check.${neededSecret}_key: failed`]);
  expect(missing("hcloud_server.alpha", "delete,create")).toHaveLength(1);
  expect(missing("hcloud_server.alpha", "update")).toEqual([]);
  expect(missing("hcloud_volume.alpha", "create")).toEqual([]);
  expect(missing("hcloud_server.alpha", "create", "pass")).toEqual([]);
  const among = [change("hcloud_volume.alpha", "no-op"), change("hcloud_server.alpha", "create")];
  const checks = [{ address: {}, status: "fail" }, check];
  expect(missingSecretsOf({ resource_changes: among, checks })).toEqual([`check.${neededSecret}_key: failed`]);
});

const balancer = (number: 1 | 2, tls: "terminate" | "passthrough", site = "site") => ({
  ...{ id: number === 1 ? "balancer" : "balancer-2", site, tls },
});
const goes = (...balancers: [ReturnType<typeof balancer>, ReturnType<typeof balancer>]) =>
  Object.keys(changeoverSteps(...balancers, ["alpha"]).close);
const parts = [
  "hcloud_load_balancer_target.balancer_alpha[0]",
  "hcloud_load_balancer.balancer[0]",
  "hcloud_load_balancer_network.balancer_network[0]",
  "hcloud_load_balancer_service.balancer_service-443[0]",
];

it("the plan that deletes the previous load balancer may also delete its targets and all resources that the new load balancer does not need", () => {
  expect(goes(balancer(2, "passthrough"), balancer(1, "terminate"))).toEqual([
    ...parts,
    "hcloud_uploaded_certificate.certificate[0]",
    "cloudflare_ruleset.site_edge-token[0]",
  ]);
  expect(goes(balancer(2, "terminate"), balancer(1, "terminate"))).toEqual(parts);
});

it("after a domain change, the plan that deletes the previous load balancer may delete its edge token, but not the shared certificate", () => {
  const moves = [balancer(2, "terminate", "site-2"), balancer(1, "terminate")] as const;
  expect(goes(...moves)).toEqual([...parts, "cloudflare_ruleset.site_edge-token[0]"]);
  const { open } = changeoverSteps(...moves, ["alpha"]);
  const certificate = "hcloud_uploaded_certificate.certificate";
  expect([open[certificate], open[`${certificate}[0]`]]).toEqual(Array(2).fill(["create", "create,delete"]));
});

it.each([
  ["hcloud_server.alpha", true],
  ["hcloud_load_balancer_target.balancer_alpha", true],
  ["hcloud_load_balancer_target.balancer-2_alpha[0]", true],
  ["tls_locally_signed_cert.mysql_alpha_certificate", true],
  ["hcloud_server.alpha-2", false],
  ["hcloud_firewall.alphabet_firewall", false],
  ["hcloud_load_balancer.balancer_balancer", false],
])("the check whether the Terraform resource %s belongs to the server alpha returns %s", (address, belongs) => {
  expect(belongsTo(address, "alpha")).toBe(belongs);
});
