import type { MonitorDefinition } from "../definition.js";
import { count, series, type MonitoringContext } from "../scope.js";
import { logServices, refusalsPerLine } from "../../platform/signals.js";

/** Who tries to get in, and what changes on the machines. */
export const securityMonitors = ({ env, metrics }: MonitoringContext): readonly MonitorDefinition[] => [
  {
    id: "ssh-login",
    title: "Somebody logged in by SSH",
    condition: {
      kind: "log",
      search: `${env} service:${logServices.ssh} "Accepted"`,
      window: "5m",
      comparison: ">",
      by: "host",
    },
    thresholds: { critical: 0, exact: true },
    urgency: "notUrgent",
    priority: 4,
    meaning: "Servers need nobody logged in. Each login should have a person and a reason.",
    firstLook: ["log line: user, address, key fingerprint", "ask the administrator whose key it is"],
  },
  {
    id: "ssh-failures",
    title: "SSH logins fail",
    condition: {
      kind: "log",
      search: `${env} service:${logServices.ssh} ("Invalid user" OR "Failed" OR "authentication failures")`,
      window: "15m",
      comparison: ">",
      by: "host",
    },
    thresholds: { critical: 20, warning: 5 },
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "SSH is open to the administrators' networks only, so somebody in one of them is guessing, or a key is wrong.",
    firstLook: ["source address: is it really an administrator's", "narrow administrators.cidrs"],
  },
  {
    id: "edge-bypassed",
    title: "Requests go around Cloudflare",
    condition: {
      kind: "metric",
      reduce: "sum",
      window: "15m",
      series: count(metrics.edgeBypassed, [env]),
      comparison: ">",
    },
    thresholds: { critical: 20, warning: 2 },
    urgency: "notUrgent",
    priority: 3,
    meaning: `Somebody found the balancer's address and asks it directly. nginx refuses them, and logs one in ${refusalsPerLine}; a flood would still use bandwidth.`,
    firstLook: ["service dashboard: refused requests, addresses in the logs", "consider new balancer addresses"],
    evaluationDelaySeconds: 120,
  },
  {
    id: "firewall-drops-anomaly",
    title: "The host firewall drops more than usual",
    condition: {
      kind: "anomaly",
      series: series("sum", metrics.firewallDrops, [env], ["server"]) + ".as_count()",
      window: "4h",
      trigger: "15m",
      deviations: 4,
      direction: "above",
    },
    thresholds: { critical: 0.8, warning: 0.5 },
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "A scan on the private network, or a process of ours that tries to go where it may not: perhaps a break-in, perhaps a missing rule.",
    firstLook: [
      "logs with service:firewall: direction, user id, destination",
      "outbound drops of app, www-data or mysql are the serious ones",
    ],
    evaluationDelaySeconds: 120,
  },
  {
    id: "throttled-requests-anomaly",
    title: "More requests are throttled than usual",
    condition: {
      kind: "anomaly",
      series: series("sum", metrics.requests, [env, "status_class:4xx"]) + ".as_count()",
      window: "4h",
      trigger: "15m",
      deviations: 4,
      direction: "above",
    },
    thresholds: { critical: 0.8, warning: 0.5 },
    urgency: "notUrgent",
    priority: 4,
    meaning:
      "Requests that we refuse (4xx, limits included) surge: scanners that Cloudflare's rules let through, or a broken client of ours.",
    firstLook: ["Cloudflare security events: WAF and rate limit", "service dashboard: which paths"],
    evaluationDelaySeconds: 120,
  },
  {
    id: "package-change",
    title: "A package was installed or removed",
    condition: {
      kind: "log",
      search: `${env} service:${logServices.packages} ("install" OR "remove" OR "purge") -"linux-image" -"linux-headers"`,
      window: "15m",
      comparison: ">",
      by: "host",
    },
    thresholds: { critical: 0, exact: true },
    urgency: "notUrgent",
    priority: 5,
    meaning: "Unattended upgrades only upgrade. A package that comes or goes is a person's work, or an intruder's.",
    firstLook: ["log line: which package", "ssh-login at the same time"],
  },
];
