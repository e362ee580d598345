import { refused } from "./refused.js";

refused("the balancer", [
  [
    { loadBalancer: { type: "lb12" } },
    'loadBalancer.type: must be a known load balancer type, got "lb12"; did you mean lb11?',
  ],
  [
    { loadBalancer: { healthCheck: { timeoutSeconds: 5, intervalSeconds: 5 } } },
    "loadBalancer.healthCheck.timeoutSeconds: must be less than intervalSeconds (5), got 5; lower it to 4, or raise the interval",
  ],
  [
    { loadBalancer: { healthCheck: { retries: 9 } } },
    "loadBalancer.healthCheck.retries: must be 5 or less, got 9; lower it to 5",
  ],
]);
