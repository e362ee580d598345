import { expect, it } from "vitest";
import { targetHealth } from "../../../ops/core/targets.js";
import { exampleConfig } from "../../support/config.js";

const config = exampleConfig({ loadBalancer: { second: { location: "fsn1", privateIp: "10.0.1.6" } } });
const at = (name: string, targets: Readonly<Record<string, boolean>>) => ({
  name,
  targets: new Map(Object.entries(targets)),
});
const healthOf = (
  first: Readonly<Record<string, boolean>>,
  second: Readonly<Record<string, boolean>>,
  outdated: readonly string[] = [],
) => {
  const { idle, of } = targetHealth(
    config,
    [at("production-second", second), at("production", first)],
    (server) => !outdated.includes(server),
  );
  return { idle, alpha: of("alpha"), bravo: of("bravo") };
};

it("a web server is healthy only if both load balancers consider it healthy, in any order", () => {
  expect(healthOf({ alpha: true, bravo: true }, { alpha: true, bravo: false })).toEqual({
    ...{ idle: [], alpha: true, bravo: false },
  });
  expect(healthOf({ alpha: true, bravo: false }, { alpha: true, bravo: true })).toMatchObject({ bravo: false });
});

it("the health of a web server is unknown if the server is a target of only one load balancer", () => {
  expect(healthOf({ alpha: true, bravo: true }, { alpha: true }).bravo).toBeUndefined();
  expect(healthOf({ alpha: true }, { alpha: true, bravo: true }).bravo).toBeUndefined();
});

it("ignores a load balancer that finds no server healthy, and reports it as idle", () => {
  const dead = { alpha: false, bravo: false };
  expect(healthOf({ alpha: true, bravo: false }, dead)).toEqual({
    ...{ idle: ["production-second"], alpha: true, bravo: false },
  });
  expect(healthOf(dead, { alpha: true, bravo: true })).toEqual({ idle: ["production"], alpha: true, bravo: true });
});

it("blames the servers if no load balancer finds a server healthy", () => {
  const dead = { alpha: false, bravo: false };
  expect(healthOf(dead, dead)).toEqual({ idle: [], alpha: false, bravo: false });
});

it("ignores the second load balancer for servers whose payload is older than it", () => {
  const both = { alpha: true, bravo: true };
  expect(healthOf(both, { alpha: false, bravo: false }, ["alpha", "bravo"])).toEqual({ idle: [], ...both });
  expect(healthOf(both, { alpha: false, bravo: true }, ["alpha"])).toEqual({ idle: [], ...both });
});

it("during a migration, the health of a web server is its health at the load balancer whose target it is", () => {
  const { idle, of } = targetHealth(
    exampleConfig(),
    [at("production", { alpha: true }), at("production-2", { bravo: false })],
    () => true,
  );
  expect([idle, of("alpha"), of("bravo"), of("charlie")]).toEqual([[], true, false, undefined]);
});
