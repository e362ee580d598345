import * as z from "zod";
import * as values from "../values/index.js";

/** Where TLS is terminated. */
export const tlsMode = z.enum(["terminate", "passthrough"]);

const formerly = z.strictObject({
  domain: values.domain
    .optional()
    .describe(
      "`domain` of the previous load balancer. Once the new domain is served, the previous one redirects to it as long as this setting exists. Default: `domain`.",
    ),
  zoneName: values.domain
    .optional()
    .describe("Zone that contains the previous domain. Default: the previous domain itself."),
  tls: tlsMode.describe("`tls` of the previous load balancer."),
  balancerIp: z.ipv4().describe("`network.balancerIp` of the previous load balancer."),
});

const second = z.strictObject({
  location: values.location.describe(
    "Hetzner location of the second load balancer. Must differ from `location`, so that one of the two survives the loss of a location.",
  ),
  privateIp: z.ipv4().describe("Private address of the second load balancer."),
});

export const loadBalancer = z.strictObject({
  number: z
    .literal([1, 2])
    .default(1)
    .describe(
      "Number of the load balancer. If a new load balancer replaces the current one, switch to the other number.",
    ),
  formerly: formerly
    .optional()
    .describe(
      "Previous load balancer, from which `npm run ops rollout` [migrates the site](changes.md#change-the-domain-tls-mode-or-the-balancers-address). This setting may stay until the next such migration. Default: none.",
    ),
  second: second
    .optional()
    .describe(
      "Second active load balancer, with the same targets. `npm run ops balancers` directs visitors to one or both. Default: none.",
    ),
  type: values.loadBalancerType.default("lb11").describe("Hetzner load balancer type."),
  algorithm: z
    .enum(["round_robin", "least_connections"])
    .default("round_robin")
    .describe(
      "How requests are distributed over the web servers. With `least_connections`, a server that rejects connections gets most requests until a health check fails.",
    ),
  healthCheck: z
    .strictObject({
      intervalSeconds: z
        .int()
        .min(3)
        .max(60)
        .default(3)
        .describe("Time between two health checks of a web server, in seconds, 3 to 60."),
      timeoutSeconds: z
        .int()
        .min(1)
        .max(60)
        .default(1)
        .describe("Maximum wait for an answer, in seconds, 1 to 60. Must be less than `intervalSeconds`."),
      retries: z
        .int()
        .min(1)
        .max(5)
        .default(1)
        .describe(
          "Consecutive failed checks after which a web server gets no more requests, and consecutive successful ones after which it gets requests again, 1 to 5.",
        ),
    })
    .prefault({}),
});
