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

it("during a migration between two load balancers, a web server is healthy only if both report the server as healthy", () => {
  expect(healthOf({ alpha: true, bravo: true }, { alpha: true, bravo: false })).toEqual({
    ...{ idle: [], alpha: true, bravo: false },
  });
  expect(healthOf({ alpha: true, bravo: false }, { alpha: true, bravo: true })).toMatchObject({ bravo: false });
});

it("the health of a web server is unknown if only one of the two load balancers has the server as a target", () => {
  expect(healthOf({ alpha: true, bravo: true }, { alpha: true }).bravo).toBeUndefined();
  expect(healthOf({ alpha: true }, { alpha: true, bravo: true }).bravo).toBeUndefined();
});

it("if one of two load balancers reports all servers as unhealthy, its results are ignored and the load balancer is reported as unused", () => {
  const dead = { alpha: false, bravo: false };
  expect(healthOf({ alpha: true, bravo: false }, dead)).toEqual({
    ...{ idle: ["production-second"], alpha: true, bravo: false },
  });
  expect(healthOf(dead, { alpha: true, bravo: true })).toEqual({ idle: ["production"], alpha: true, bravo: true });
});

it("if both load balancers report all servers as unhealthy, the servers count as unhealthy", () => {
  const dead = { alpha: false, bravo: false };
  expect(healthOf(dead, dead)).toEqual({ idle: [], alpha: false, bravo: false });
});

it("the second load balancer's health checks are ignored for servers with a payload that is older than the second load balancer", () => {
  const both = { alpha: true, bravo: true };
  expect(healthOf(both, { alpha: false, bravo: false }, ["alpha", "bravo"])).toEqual({ idle: [], ...both });
  expect(healthOf(both, { alpha: false, bravo: true }, ["alpha"])).toEqual({ idle: [], ...both });
});

it("during a load balancer migration, the health of a web server comes from the load balancer that has the server as a target", () => {
  const { idle, of } = targetHealth(
    exampleConfig(),
    [at("production", { alpha: true }), at("production-2", { bravo: false })],
    () => true,
  );
  expect([idle, of("alpha"), of("bravo"), of("charlie")]).toEqual([[], true, false, undefined]);
});
