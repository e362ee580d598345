import type { MonitorDefinition } from "../definition.js";
import { anomaly, count, logLines, metric, series, type MonitoringContext } from "../scope.js";
import { logServices, refusalsPerLine } from "../../platform/signals.js";

/** Returns the monitors of logins, rejected traffic and changed packages. */
export const securityMonitors = ({ env, metrics }: MonitoringContext): readonly MonitorDefinition[] => [
  {
    id: "ssh-login",
    title: "An SSH login took place",
    condition: logLines(`${env} service:${logServices.ssh} "Accepted"`, "5m", "host"),
    thresholds: { critical: 0, exact: true },
    urgency: "notUrgent",
    priority: 4,
    meaning: "Servers run without logins, so each login should have a known person and reason.",
    firstLook: ["Read the user, the address and the key's fingerprint in the log line.", "Ask the owner of the key."],
  },
  {
    id: "ssh-failures",
    title: "SSH logins fail",
    condition: logLines(
      `${env} service:${logServices.ssh} ("Invalid user" OR "Failed" OR "authentication failures")`,
      "15m",
      "host",
    ),
    thresholds: { critical: 20, warning: 5 },
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "SSH is open only to the administrators' networks. A machine in one of these networks guesses passwords, or a key is wrong.",
    firstLook: [
      "Check whether the source address belongs to an administrator.",
      "If not, remove its network from administrators.cidrs.",
    ],
  },
  {
    id: "edge-bypassed",
    title: "Requests bypass Cloudflare",
    condition: metric("sum", "15m", count(metrics.edgeBypassed, [env]), ">"),
    thresholds: { critical: 20, warning: 2 },
    urgency: "notUrgent",
    priority: 3,
    meaning: `Clients send requests directly to the load balancer's address. nginx rejects these requests and logs one in ${refusalsPerLine}; a flood would still use bandwidth.`,
    firstLook: [
      "Find the rejected requests on the service dashboard, and their addresses in the logs.",
      "If the requests are a flood, consider a new load balancer address.",
    ],
    evaluationDelaySeconds: 120,
  },
  {
    id: "firewall-drops-anomaly",
    title: "The host firewall drops more than usual",
    condition: anomaly(series("sum", metrics.firewallDrops, [env], ["server"]) + ".as_count()", 4, "above"),
    thresholds: { critical: 0.8, warning: 0.5 },
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "A machine scans the private network, or a local process tries a forbidden connection because of a break-in or a missing rule.",
    firstLook: [
      "Read the direction, the user id and the destination in the logs with service:firewall.",
      "If packets of app, www-data or mysql are dropped, suspect an intrusion.",
    ],
    evaluationDelaySeconds: 120,
  },
  {
    id: "throttled-requests-anomaly",
    title: "More requests are throttled than usual",
    condition: anomaly(series("sum", metrics.requests, [env, "status_class:4xx"]) + ".as_count()", 4, "above"),
    thresholds: { critical: 0.8, warning: 0.5 },
    urgency: "notUrgent",
    priority: 4,
    meaning:
      "More requests than usual are rejected with a 4xx status, for example by a limit. The cause may be scanners that Cloudflare does not block, or a broken client.",
    firstLook: ["Read Cloudflare's security events.", "Find the paths on the service dashboard."],
    evaluationDelaySeconds: 120,
  },
  {
    id: "package-change",
    title: "A package was installed or removed",
    condition: logLines(
      `${env} service:${logServices.packages} ("install" OR "remove" OR "purge") -"linux-image" -"linux-headers"`,
      "15m",
      "host",
    ),
    thresholds: { critical: 0, exact: true },
    urgency: "notUrgent",
    priority: 5,
    meaning: "Unattended upgrades never install or remove packages, so an administrator or an intruder did.",
    firstLook: ["Find the package in the log line.", "Check whether ssh-login alerted at the same time."],
  },
];
