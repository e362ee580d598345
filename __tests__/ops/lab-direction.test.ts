import { expect, it } from "vitest";
import type { TargetHealth } from "../../lab/balancer/balancer.js";
import { healthOf } from "../../ops/lab/direction.js";

const target = (service: string, name: string, healthy: boolean): TargetHealth => ({
  ...{ service, target: name, healthy },
  ...{ lastCheck: "", removals: 0 },
});

it("a server of the lab is healthy only if the server passes the health check of every service of the load balancer", () => {
  const targets = [target("https", "alpha", true), target("https", "bravo", true), target("http", "bravo", false)];
  expect([...healthOf(targets)]).toEqual([
    ["alpha", true],
    ["bravo", false],
  ]);
});
