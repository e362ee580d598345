import * as z from "zod";
import * as values from "../values/index.js";

/** TLS mode: TLS ends at the load balancer (`terminate`) or at the servers (`passthrough`). */
export const tlsMode = z.enum(["terminate", "passthrough"]);

const formerly = z.strictObject({
  /** `domain` of the previous load balancer. While this setting exists, Cloudflare redirects the previous domain to the new domain. Default: `domain`. */
  domain: values.domain.optional(),
  /** Zone that contains the previous domain. Default: the previous domain itself. */
  zoneName: values.domain.optional(),
  /** `tls` of the previous load balancer. */
  tls: tlsMode,
  /** `network.balancerIp` of the previous load balancer. */
  balancerIp: z.ipv4(),
});

const second = z.strictObject({
  /** Hetzner location of the second load balancer. Must differ from `location`. */
  location: values.location,
  /** Private address of the second load balancer. */
  privateIp: z.ipv4(),
});

export const loadBalancer = z.strictObject({
  /** Number of the load balancer, 1 or 2. A new load balancer that replaces the current one needs the other number. Default: 1. */
  number: z.literal([1, 2]).default(1),
  /** Previous load balancer, from which `npm run ops rollout` [migrates the site](changes.md#change-the-domain-tls-mode-or-the-balancers-address). This setting may stay until the next such migration. Default: none. */
  formerly: formerly.optional(),
  /** Second active load balancer, with the same targets. `npm run ops balancers` directs visitors to one or both. Default: none. */
  second: second.optional(),
  /** Hetzner load balancer type. Default: "lb11". */
  type: values.loadBalancerType.default("lb11"),
  /** Algorithm that distributes requests over the web servers. With "least_connections", a server that rejects connections gets most requests until its health check fails. Default: "round_robin". */
  algorithm: z.enum(["round_robin", "least_connections"]).default("round_robin"),
  healthCheck: z
    .strictObject({
      /** Time between two health checks of a web server, in seconds, 3 to 60. Default: 3. */
      intervalSeconds: z.int().min(3).max(60).default(3),
      /** Maximum wait for an answer, in seconds, 1 to 60. Must be less than `intervalSeconds`. Default: 1. */
      timeoutSeconds: z.int().min(1).max(60).default(1),
      /** Number of consecutive health checks, 1 to 5. After so many failures a web server gets no requests; after so many successes it gets requests again. Default: 1. */
      retries: z.int().min(1).max(5).default(1),
    })
    .prefault({}),
});
