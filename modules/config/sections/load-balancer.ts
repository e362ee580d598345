import * as z from "zod";
import * as values from "../values/index.js";

/** Who ends TLS. */
export const tlsMode = z.enum(["terminate", "passthrough"]);

const formerly = z.strictObject({
  domain: values.domain
    .optional()
    .describe(
      "Its `domain`, which leads to the new one when that is served, for as long as it stands here. Default: `domain`.",
    ),
  zoneName: values.domain.optional().describe("Zone that holds that domain. Default: the domain itself."),
  tls: tlsMode.describe("Its `tls`."),
  balancerIp: z.ipv4().describe("Its `network.balancerIp`."),
});

export const loadBalancer = z.strictObject({
  number: z
    .literal([1, 2])
    .default(1)
    .describe("Which of two balancers this is. One that takes over from another has the other number."),
  formerly: formerly
    .optional()
    .describe(
      "The balancer before: `npm run ops rollout` [changes over from it](changes.md#change-the-domain-tls-mode-or-the-balancers-address). May stay until the next such change. Default: none.",
    ),
  type: values.loadBalancerType.default("lb11").describe("Hetzner load balancer type."),
  algorithm: z
    .enum(["round_robin", "least_connections"])
    .default("round_robin")
    .describe(
      "How requests are spread over the web servers. A server that has died and refuses at once has the fewest connections of all: `least_connections` leads most requests to it until a check has failed.",
    ),
  healthCheck: z
    .strictObject({
      intervalSeconds: z.int().min(3).max(60).default(3).describe("Time between two checks of a web server, 3 to 60."),
      timeoutSeconds: z.int().min(1).max(60).default(1).describe("Longest wait for an answer; less than the interval."),
      retries: z
        .int()
        .min(1)
        .max(5)
        .default(1)
        .describe("Failed checks in a row that take a web server out, and good ones that bring it back, 1 to 5."),
    })
    .prefault({}),
});
