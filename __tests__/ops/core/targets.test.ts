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

it("the health of a web server is unknown if only one of two load balancers has the server as a target", () => {
  expect(healthOf({ alpha: true, bravo: true }, { alpha: true }).bravo).toBeUndefined();
  expect(healthOf({ alpha: true }, { alpha: true, bravo: true }).bravo).toBeUndefined();
});

it("a load balancer that finds no server healthy is ignored and reported as unused", () => {
  const dead = { alpha: false, bravo: false };
  expect(healthOf({ alpha: true, bravo: false }, dead)).toEqual({
    ...{ idle: ["production-second"], alpha: true, bravo: false },
  });
  expect(healthOf(dead, { alpha: true, bravo: true })).toEqual({ idle: ["production"], alpha: true, bravo: true });
});

it("if no load balancer finds a server healthy, the servers are reported as unhealthy", () => {
  const dead = { alpha: false, bravo: false };
  expect(healthOf(dead, dead)).toEqual({ idle: [], alpha: false, bravo: false });
});

it("the second load balancer is ignored for servers whose payload is older than this load balancer", () => {
  const both = { alpha: true, bravo: true };
  expect(healthOf(both, { alpha: false, bravo: false }, ["alpha", "bravo"])).toEqual({ idle: [], ...both });
  expect(healthOf(both, { alpha: false, bravo: true }, ["alpha"])).toEqual({ idle: [], ...both });
});

it("during a migration, the health of a web server is read from the load balancer that has the server as a target", () => {
  const { idle, of } = targetHealth(
    exampleConfig(),
    [at("production", { alpha: true }), at("production-2", { bravo: false })],
    () => true,
  );
  expect([idle, of("alpha"), of("bravo"), of("charlie")]).toEqual([[], true, false, undefined]);
});
