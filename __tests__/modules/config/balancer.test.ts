import { describe, expect, it } from "vitest";
import { balancerDefinition, noticeSeconds } from "../../../modules/config/balancer.js";
import { ports } from "../../../modules/platform/ports.js";
import { exampleConfig } from "../../support/config.js";

describe("the balancer", () => {
  it("has noticed a server that asks to be taken out when the last good check, each retry and a late answer are over", () => {
    const healthCheck = { intervalSeconds: 10, timeoutSeconds: 4, retries: 2 };
    expect(noticeSeconds(exampleConfig({ loadBalancer: { healthCheck } }))).toBe(34);
  });

  it.each(["terminate", "passthrough"] as const)("looks at nginx's plain port where TLS is %s", (tls) => {
    const checks = balancerDefinition(exampleConfig({ tls })).services.map(({ healthCheck }) => healthCheck.port);
    expect(checks).toEqual([ports.nginxHttp]);
  });

  it("is plain data with everything that the configuration sets", () => {
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
});
