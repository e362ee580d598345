import { expect, it } from "vitest";
import { balancerDefinition, balancersOf, locationsOf, noticeSeconds } from "../../../modules/derived/balancer.js";
import { ports } from "../../../modules/platform/ports.js";
import { exampleConfig } from "../../support/config.js";

it("a failed server is detected after at most one check interval, one more interval per retry, and one timeout", () => {
  const healthCheck = { intervalSeconds: 10, timeoutSeconds: 4, retries: 2 };
  expect(noticeSeconds(exampleConfig({ loadBalancer: { healthCheck } }))).toBe(34);
});

it.each(["terminate", "passthrough"] as const)(
  "the load balancer checks nginx's plain HTTP port if tls is %s",
  (tls) => {
    const checks = balancerDefinition(exampleConfig({ tls })).services.map(({ healthCheck }) => healthCheck.port);
    expect(checks).toEqual([ports.nginxHttp]);
  },
);

it("the definition of the load balancer contains all its settings as plain data", () => {
  const config = exampleConfig({
    loadBalancer: {
      algorithm: "round_robin",
      healthCheck: { intervalSeconds: 10, timeoutSeconds: 5, retries: 4 },
    },
  });
  expect(balancerDefinition(config)).toEqual({
    algorithm: "round_robin",
    services: [
      {
        protocol: "https",
        listenPort: 443,
        destinationPort: 80,
        proxyProtocol: false,
        redirectHttp: true,
        healthCheck: {
          protocol: "http",
          port: 80,
          path: "/healthz",
          domain: "www.foobar.com",
          statusCodes: ["200"],
          intervalSeconds: 10,
          timeoutSeconds: 5,
          retries: 4,
        },
      },
    ],
  });
});

it("an environment has one load balancer and one location by default", () => {
  const config = exampleConfig();
  expect(locationsOf(config)).toEqual(["nbg1"]);
  expect(balancersOf(config)).toEqual([
    { which: "first", id: "balancer", name: "production", location: "nbg1", privateIp: "10.0.1.5" },
  ]);
});

it("each server and the second load balancer can have their own location", () => {
  const config = exampleConfig({
    servers: { bravo: { location: "fsn1" }, charlie: { location: "hel1" } },
    loadBalancer: { second: { location: "fsn1", privateIp: "10.0.1.6" } },
  });
  expect(config.servers.map(({ location }) => location)).toEqual(["nbg1", "fsn1", "hel1"]);
  expect(locationsOf(config)).toEqual(["nbg1", "fsn1", "hel1"]);
  expect(balancersOf(config)[1]).toEqual({
    ...{ which: "second", id: "balancer-second", name: "production-second" },
    ...{ location: "fsn1", privateIp: "10.0.1.6" },
  });
});
