import { expect, it } from "vitest";
import { identityProblems, zoneProblems, type FoundResource, type Identity } from "../../../ops/hetzner/identity.js";
import type { StateResource } from "../../../ops/terraform/terraform.js";

const inState = (name: string, id: string, type = "hcloud_server"): StateResource => ({
  address: `${type}.${name}`,
  type,
  attributes: { id },
});
const found = (name: string, id: string, environment?: string): FoundResource => ({
  type: "hcloud_server",
  id,
  name,
  environment,
});

const all = [found("alpha", "1", "production"), found("bravo", "2", "production")];

const problems = (changes: Partial<Identity>): readonly string[] =>
  identityProblems({
    environment: "production",
    token: "HCLOUD_TOKEN",
    project: "Hetzner project",
    state: [inState("alpha", "1"), inState("bravo", "2")],
    found: all,
    ...changes,
  });

const stray = found("charlie", "3", "production");
const others = [found("cedar", "8", "staging"), found("somebody", "9")];

it.each<[string, Partial<Identity>]>([
  ["a project with the resources that the Terraform state contains", {}],
  [
    "resources of other environments and without a label",
    { found: [found("alpha", "1"), found("bravo", "2"), ...others] },
  ],
  ["a first deployment to an empty project", { state: [], found: [] }],
  ["a first deployment to a project without labelled resources", { state: [], found: [found("somebody", "9")] }],
  [
    "an interrupted first deployment whose resources are in the Terraform state",
    { state: [inState("alpha", "1")], found: all.slice(0, 1) },
  ],
  [
    "a project that lacks a single resource, because the check for destructive plans stops the plan",
    { found: all.slice(0, 1) },
  ],
  [
    "a project with a resource outside the Terraform state if the current command manages this resource",
    { found: [...all, stray], handles: ({ name }) => name === "charlie" },
  ],
])("the check that a Hetzner token belongs to the environment's project accepts %s", (_, changes) => {
  expect(problems(changes)).toEqual([]);
});

it.each<[string, Partial<Identity>, string]>([
  [
    "the token of another project",
    { found: [found("amber", "8", "staging")] },
    "HCLOUD_TOKEN: none of the resources in the state of production exist in its Hetzner project: hcloud_server.alpha (1), hcloud_server.bravo (2); " +
      "its Hetzner project has hcloud_server amber (8). Set the token of the Hetzner project of production, or correct ENVIRONMENT or backend",
  ],
  ["the token of an empty project", { found: [] }, "; its Hetzner project is empty. Set the token"],
  [
    "resources with the same ID but another type",
    { state: [inState("alpha", "1", "hcloud_volume")] },
    "HCLOUD_TOKEN: none of the resources",
  ],
  [
    "the token of another environment at a first deployment",
    { state: [], found: [found("amber", "8", "staging")] },
    "HCLOUD_TOKEN: belongs to the Hetzner project of environment staging, and the state of production is empty; " +
      "set the token of the Hetzner project of production, or correct ENVIRONMENT",
  ],
  [
    "an empty Terraform state although the project has resources of the environment",
    { state: [] },
    "backend: the state of production is empty, but the Hetzner project has its resources: hcloud_server alpha (1), hcloud_server bravo (2). Restore the state",
  ],
  [
    "the Terraform state of another environment",
    { found: [found("alpha", "1", "staging"), found("bravo", "2", "staging")] },
    "ENVIRONMENT: is production, but the state has resources that the Hetzner project labels as environment staging: ",
  ],
  [
    "a project with resources of the environment that are not in the Terraform state",
    { found: [...all, stray] },
    "state: the Hetzner project has resources of production that are not in the state: hcloud_server charlie (3). ",
  ],
])("the check that a Hetzner token belongs to the environment's project rejects %s", (_, changes, problem) => {
  expect(problems(changes)[0]).toContain(problem);
});

const record = (zone: string) => ({ ...inState("www", "1", "cloudflare_dns_record"), attributes: { zone_id: zone } });
const zone = { id: "z1", name: "foobar.com" };

it.each([
  ["accepts the zone of the domain", [record("z1")], [zone], []],
  ["accepts the zone of the domain before the first deployment", [], [zone], []],
  ["accepts the zone of an earlier domain", [record("z0")], [zone, { id: "z0", name: "old.com" }], []],
  [
    "rejects a token that cannot see the domain's zone",
    [record("z1")],
    [],
    ["CLOUDFLARE_API_TOKEN: cannot see the zone foobar.com; create the zone, or set a token with access to it"],
  ],
  [
    "rejects the token of another account that has a zone of the same name",
    [record("z1")],
    [{ id: "z2", name: "foobar.com" }],
    [
      "CLOUDFLARE_API_TOKEN: cannot see zone z1, which the state has records in; its zone foobar.com is z2. " +
        "Set the token of the account that this environment was deployed to",
    ],
  ],
])("the check that a Cloudflare token belongs to the environment's zone %s", (_, state, zones, expected) => {
  expect(zoneProblems("foobar.com", state, zones)).toEqual(expected);
});
