import { describe, expect, it } from "vitest";
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

const problems = (changes: Partial<Identity>): readonly string[] =>
  identityProblems({
    environment: "production",
    token: "HCLOUD_TOKEN",
    project: "Hetzner project",
    state: [inState("alpha", "1"), inState("bravo", "2")],
    found: [found("alpha", "1", "production"), found("bravo", "2", "production")],
    ...changes,
  });

describe("the identity check of an environment", () => {
  it("accepts a matching project and state, even if the project has resources of other environments or without a label", () => {
    expect(problems({})).toEqual([]);
    const others = [found("cedar", "8", "staging"), found("somebody", "9")];
    expect(problems({ found: [found("alpha", "1", "production"), found("bravo", "2"), ...others] })).toEqual([]);
  });

  it("accepts a first deployment into a project without labelled resources", () => {
    expect(problems({ state: [], found: [] })).toEqual([]);
    expect(problems({ state: [], found: [found("somebody", "9")] })).toEqual([]);
  });

  it("accepts an interrupted first deployment if the state contains its resources", () => {
    expect(problems({ state: [inState("alpha", "1")], found: [found("alpha", "1", "production")] })).toEqual([]);
  });

  it("the identity check accepts a single missing resource, because the check for destruction stops its plan", () => {
    expect(problems({ found: [found("alpha", "1", "production")] })).toEqual([]);
  });

  it("rejects the token of another project", () => {
    expect(problems({ found: [found("amber", "8", "staging")] })).toEqual([
      "HCLOUD_TOKEN: none of the resources in the state of production exist in its Hetzner project: hcloud_server.alpha (1), hcloud_server.bravo (2); " +
        "its Hetzner project has hcloud_server amber (8). Set the token of the Hetzner project of production, or correct ENVIRONMENT or backend",
    ]);
  });

  it("rejects the token of an empty project", () => {
    expect(problems({ found: [] })[0]).toMatch(/^HCLOUD_TOKEN: none .*; its Hetzner project is empty\. Set the token/);
  });

  it("rejects the token of another environment at a first deployment", () => {
    expect(problems({ state: [], found: [found("amber", "8", "staging")] })).toEqual([
      "HCLOUD_TOKEN: belongs to the Hetzner project of environment staging, and the state of production is empty; " +
        "set the token of the Hetzner project of production, or correct ENVIRONMENT",
    ]);
  });

  it("rejects an empty state if the project has resources of the environment", () => {
    expect(problems({ state: [] })).toEqual([
      expect.stringMatching(
        /^backend: the state of production is empty, but the Hetzner project has its resources: hcloud_server alpha \(1\), hcloud_server bravo \(2\)\. Restore the state/,
      ) as string,
    ]);
  });

  it("rejects the state of another environment", () => {
    const staging = [found("alpha", "1", "staging"), found("bravo", "2", "staging")];
    expect(problems({ found: staging })[0]).toMatch(
      /^ENVIRONMENT: is production, but the state has resources that the Hetzner project labels as environment staging: /,
    );
  });

  it("rejects resources of the environment that are not in the state, unless the command handles them", () => {
    const stray = found("charlie", "3", "production");
    const all = [found("alpha", "1", "production"), found("bravo", "2", "production"), stray];
    expect(problems({ found: all })[0]).toMatch(
      /^state: the Hetzner project has resources of production that are not in the state: hcloud_server charlie \(3\)\. /,
    );
    expect(problems({ found: all, handles: ({ name }) => name === "charlie" })).toEqual([]);
  });

  it("distinguishes resources of different types with the same ID", () => {
    expect(problems({ state: [inState("alpha", "1", "hcloud_volume")] })[0]).toMatch(/^HCLOUD_TOKEN: none/);
  });
});

describe("the zone check of an environment", () => {
  const record = (zone: string): StateResource => ({
    address: "cloudflare_dns_record.www",
    type: "cloudflare_dns_record",
    attributes: { id: "1", zone_id: zone },
  });
  const zone = { id: "z1", name: "foobar.com" };

  it("accepts the zone of the domain, also before the first deployment, and the zone of an earlier domain", () => {
    expect(zoneProblems("foobar.com", [record("z1")], [zone])).toEqual([]);
    expect(zoneProblems("foobar.com", [], [zone])).toEqual([]);
    expect(zoneProblems("foobar.com", [record("z0")], [zone, { id: "z0", name: "old.com" }])).toEqual([]);
  });

  it("rejects a token that cannot see the domain's zone", () => {
    expect(zoneProblems("foobar.com", [record("z1")], [])).toEqual([
      "CLOUDFLARE_API_TOKEN: cannot see the zone foobar.com; create the zone, or set a token with access to it",
    ]);
  });

  it("rejects the token of another account that has a zone of the same name", () => {
    expect(zoneProblems("foobar.com", [record("z1")], [{ id: "z2", name: "foobar.com" }])).toEqual([
      "CLOUDFLARE_API_TOKEN: cannot see zone z1, which the state has records in; its zone foobar.com is z2. " +
        "Set the token of the account that this environment was deployed to",
    ]);
  });
});
