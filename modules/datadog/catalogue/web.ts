import type { MonitorDefinition } from "../definition.js";
import { count, series, type MonitoringContext } from "../scope.js";
import { ports } from "../../platform/ports.js";
import { instances, logServices } from "../../platform/signals.js";

/** Seconds between two runs of an agent's check; each run asks nginx for its status once. */
const agentIntervalSeconds = 15;

/**
 * Requests per second below which nginx no longer hears the balancer: the agent's own status requests
 * plus half of the balancer's health checks.
 */
const balancerSilence = ({ config }: MonitoringContext): number =>
  Number((1 / agentIntervalSeconds + 0.5 / config.loadBalancer.healthCheck.intervalSeconds).toFixed(3));

/** What visitors get, and who serves it. */
export function webMonitors(context: MonitoringContext): readonly MonitorDefinition[] {
  const { config, env, metrics } = context;
  const failed = [env, "status_class:5xx"];
  return [
    {
      id: "requests-anomaly",
      title: "Requests per second are unusual",
      condition: {
        kind: "anomaly",
        series: series("sum", "nginx.net.request_per_s", [env]),
        window: "4h",
        trigger: "15m",
        deviations: 3,
        direction: "both",
      },
      thresholds: { critical: 0.8, warning: 0.5 },
      urgency: "notUrgent",
      priority: 3,
      meaning:
        "Traffic is far above or below what it was at this time on other days: a campaign, an attack, or visitors who cannot reach us.",
      firstLook: ["service dashboard: which route class and server", "Cloudflare analytics: countries, bots, cache"],
    },
    {
      id: "balancer-silent",
      title: "nginx hears nothing from the balancer",
      condition: {
        kind: "metric",
        reduce: "max",
        window: "10m",
        series: series("avg", "nginx.net.request_per_s", [env], ["server"]),
        comparison: "<",
      },
      thresholds: { critical: balancerSilence(context) },
      urgency: "urgent",
      priority: 2,
      meaning:
        "Not even health checks arrive: the balancer does not use this server. On all servers at once the site is down.",
      firstLook: [
        "balancer's targets in the Hetzner console",
        "host firewall's drops on the server",
        "private network of the server",
      ],
    },
    {
      id: "visitors-gone",
      title: "No request from outside",
      condition: {
        kind: "metric",
        reduce: "sum",
        window: "30m",
        series: count(metrics.requests, [env]),
        comparison: "<",
      },
      thresholds: { critical: 1, warning: 5 },
      urgency: "urgent",
      priority: 1,
      meaning:
        "Synthetic tests alone make several requests in half an hour, so none at all means that the way to the servers is cut.",
      firstLook: ["page-check and dns-check", "Cloudflare status and the zone's DNS records", "balancer-silent"],
      evaluationDelaySeconds: 120,
    },
    {
      id: "server-error-share",
      title: "Share of requests that fail (part of server-errors)",
      condition: {
        kind: "metric",
        reduce: "sum",
        window: "5m",
        series: `100 * ${count(metrics.requests, failed)} / ${series("sum", metrics.requests, [env])}.as_count()`,
        comparison: ">",
      },
      thresholds: { critical: 5, warning: 1 },
      urgency: "part",
      priority: 3,
      meaning: "Percentage of requests answered with a 5xx status.",
      firstLook: ["server-errors"],
      evaluationDelaySeconds: 120,
    },
    {
      id: "server-error-count",
      title: "Number of requests that fail (part of server-errors)",
      condition: {
        kind: "metric",
        reduce: "sum",
        window: "5m",
        series: count(metrics.requests, failed),
        comparison: ">",
      },
      thresholds: { critical: 10, warning: 3 },
      urgency: "part",
      priority: 3,
      meaning: "Requests answered with a 5xx status. Keeps a single error in a quiet night from being a high share.",
      firstLook: ["server-errors"],
      evaluationDelaySeconds: 120,
    },
    {
      id: "server-errors",
      title: "Visitors get server errors",
      condition: { kind: "composite", all: ["server-error-share", "server-error-count"] },
      urgency: "urgent",
      priority: 1,
      meaning: "Many requests, and a high share of them, end with a 5xx status.",
      firstLook: [
        "service dashboard: one server or all",
        "no-primary and application-down",
        "application's error logs, then the last release",
      ],
    },
    {
      id: "latency-p95",
      title: "Pages are slow",
      condition: {
        kind: "metric",
        reduce: "percentile",
        window: "10m",
        series: series("p95", metrics.duration, [env]),
        comparison: ">",
      },
      thresholds: { critical: 1, warning: 0.5 },
      urgency: "urgent",
      priority: 2,
      meaning:
        "One request in twenty takes longer than this many seconds from nginx's first byte in to its last byte out.",
      firstLook: [
        "service dashboard: nginx's time against the application's",
        "slow-queries-anomaly",
        "cpu-busy on one server",
      ],
      evaluationDelaySeconds: 120,
    },
    {
      id: "latency-anomaly",
      title: "Latency is unusual",
      condition: {
        kind: "anomaly",
        series: series("p95", metrics.duration, [env]),
        window: "4h",
        trigger: "15m",
        deviations: 3,
        direction: "above",
      },
      thresholds: { critical: 0.8, warning: 0.5 },
      urgency: "notUrgent",
      priority: 3,
      meaning: "Requests take longer than usual at this time, though perhaps not yet long.",
      firstLook: [
        "service dashboard: since when, after which release",
        "database dashboard: running threads and row lock waits",
      ],
      evaluationDelaySeconds: 120,
    },
    {
      id: "nginx-down",
      title: "nginx does not answer",
      condition: { kind: "check", check: "nginx.can_connect", over: [env], by: ["host"] },
      thresholds: { critical: 3 },
      urgency: "urgent",
      priority: 2,
      meaning: "The other web servers carry the traffic; this one serves nobody.",
      firstLook: ["`systemctl status nginx` and `nginx -t` on the server", "nginx's error log"],
    },
    {
      id: "application-down",
      title: "The application does not answer",
      condition: {
        kind: "check",
        check: "http.can_connect",
        over: [env, `instance:${instances.application}`],
        by: ["host"],
      },
      thresholds: { critical: 3 },
      urgency: "urgent",
      priority: 2,
      meaning:
        "Its health endpoint fails on this server, so the balancer takes the server out. The answer's body says why.",
      firstLook: [
        `\`curl -s http://127.0.0.1:${ports.application}${config.application.healthPath}\` on the server`,
        "`journalctl -u app`",
        "mysql monitors",
      ],
    },
    {
      id: "application-errors",
      title: "The application logs errors",
      condition: {
        kind: "log",
        search: `${env} service:${logServices.application} status:error`,
        window: "10m",
        comparison: ">",
        by: "host",
      },
      thresholds: { critical: 20, warning: 5 },
      urgency: "notUrgent",
      priority: 3,
      meaning: "Requests or background work fail inside the application.",
      firstLook: ["log explorer: error.kind and the stack", "is it one server or one release"],
    },
    {
      id: "web-server-unhealthy",
      title: "A web server fails the balancer's health check",
      condition: {
        kind: "log",
        search: `${env} service:${logServices.application} @http.route_class:health @http.status_code:503`,
        window: "5m",
        comparison: ">",
        by: "host",
      },
      thresholds: { critical: 5, warning: 1 },
      urgency: "notUrgent",
      priority: 3,
      meaning: "The application told the balancer that it cannot serve; the balancer sends visitors to the others.",
      firstLook: ["the log line's reason", "database monitors, application-down of the same server"],
    },
  ];
}
