import { balancersOf } from "../../derived/balancer.js";
import type { MonitorDefinition } from "../definition.js";
import { anomaly, count, logLines, metric, series, type MonitoringContext } from "../scope.js";
import { ports } from "../../platform/ports.js";
import { instances, logServices } from "../../platform/signals.js";

/** Seconds between two runs of a check of the Datadog agent. Each run sends one request for nginx's status page. */
const agentIntervalSeconds = 15;

/**
 * Returns the request rate (per second) below which the health checks of a load balancer are missing. nginx normally
 * receives the agent's status requests and the health checks of all load balancers. The returned limit is half the
 * health check rate of one load balancer below this normal rate.
 */
const balancerSilence = ({ config }: MonitoringContext): number => {
  const streams = balancersOf(config).length - 0.5;
  return Number((1 / agentIntervalSeconds + streams / config.loadBalancer.healthCheck.intervalSeconds).toFixed(3));
};

/**
 * Returns the monitor that alerts separately for each of two load balancers. The monitor combines the results of all
 * servers, so it alerts only if no server can connect to the load balancer.
 */
const balancerDown = (env: string): MonitorDefinition => ({
  id: "balancer-down",
  title: "A load balancer accepts no connections",
  condition: {
    kind: "check",
    check: "tls.can_connect",
    over: [env, `name:${instances.originCertificate}`],
    by: ["balancer"],
  },
  thresholds: { critical: 4 },
  urgency: "urgent",
  priority: 1,
  meaning:
    "No server can connect to the load balancer {{balancer.name}}. Requests that Cloudflare sends to it fail until visitors are directed to the other load balancer.",
  firstLook: [
    "If server-silent also alerts for the servers in this location, the location is lost.",
    "Run `npm run ops balancers` to find the load balancers that can serve visitors.",
    "Check the load balancer's state in the Hetzner console.",
  ],
});

/** Returns the monitors of visitors' requests, nginx and the application. */
export function webMonitors(context: MonitoringContext): readonly MonitorDefinition[] {
  const { config, env, metrics } = context;
  const failed = [env, "status_class:5xx"];
  return [
    {
      id: "requests-anomaly",
      title: "Requests per second are unusual",
      condition: anomaly(series("sum", "nginx.net.request_per_s", [env]), 3, "both"),
      thresholds: { critical: 0.8, warning: 0.5 },
      urgency: "notUrgent",
      priority: 3,
      meaning:
        "Traffic is far above or below its usual level at this time of day. Causes are a campaign, an attack, or an outage for visitors.",
      firstLook: [
        "Find the route class and the server on the service dashboard.",
        "Compare countries, bots and cache in Cloudflare's analytics.",
      ],
    },
    {
      id: "balancer-silent",
      title: "nginx gets no requests from the load balancer",
      condition: metric("max", "10m", series("avg", "nginx.net.request_per_s", [env], ["server"]), "<"),
      thresholds: { critical: balancerSilence(context) },
      urgency: "urgent",
      priority: 2,
      meaning: config.loadBalancer.second
        ? "At least one of the two load balancers sends no health checks. If all servers are affected, see balancer-down."
        : "Not even health checks arrive, so the load balancer does not use this server. If all servers are affected, the site is down.",
      firstLook: [
        "Check in the Hetzner console whether the server is a target of the load balancer.",
        "Check whether the host firewall of the server drops packets.",
        "Check whether the server is attached to the private network.",
      ],
    },
    ...(config.loadBalancer.second ? [balancerDown(env)] : []),
    {
      id: "visitors-gone",
      title: "No requests from the internet",
      condition: metric("sum", "30m", count(metrics.requests, [env]), "<"),
      thresholds: { critical: 1, warning: 5 },
      urgency: "urgent",
      priority: 1,
      meaning:
        "The synthetic tests send several requests in half an hour. If no request arrives, visitors cannot reach the site.",
      firstLook: [
        "Check whether page-check, dns-check or balancer-silent alerts.",
        "Check Cloudflare's status page and the zone's DNS records.",
      ],
      evaluationDelaySeconds: 120,
    },
    {
      id: "server-error-share",
      title: "Share of requests that fail (part of server-errors)",
      condition: metric(
        "sum",
        "5m",
        `100 * ${count(metrics.requests, failed)} / ${series("sum", metrics.requests, [env])}.as_count()`,
        ">",
      ),
      thresholds: { critical: 5, warning: 1 },
      urgency: "part",
      priority: 3,
      meaning: "Percentage of requests answered with a 5xx status.",
      firstLook: ["Check whether server-errors alerts."],
      evaluationDelaySeconds: 120,
    },
    {
      id: "server-error-count",
      title: "Number of requests that fail (part of server-errors)",
      condition: metric("sum", "5m", count(metrics.requests, failed), ">"),
      thresholds: { critical: 10, warning: 3 },
      urgency: "part",
      priority: 3,
      meaning:
        "Number of requests answered with a 5xx status. At low traffic a single error is a high percentage, but must not alert.",
      firstLook: ["Check whether server-errors alerts."],
      evaluationDelaySeconds: 120,
    },
    {
      id: "server-errors",
      title: "Visitors get server errors",
      condition: { kind: "composite", all: ["server-error-share", "server-error-count"] },
      urgency: "urgent",
      priority: 1,
      meaning: "Many requests, and a high share of all requests, end with a 5xx status.",
      firstLook: [
        "Check on the service dashboard whether all servers are affected.",
        "Check whether no-primary or application-down alerts.",
        "Read the application's error logs, then check the last release.",
      ],
    },
    {
      id: "latency-p95",
      title: "Pages are slow",
      condition: metric("percentile", "10m", series("p95", metrics.duration, [env]), ">"),
      thresholds: { critical: 1, warning: 0.5 },
      urgency: "urgent",
      priority: 2,
      meaning:
        "One request in twenty takes longer than this many seconds from the first byte that nginx receives to the last byte that it sends.",
      firstLook: [
        "Compare the times of nginx and the application on the service dashboard.",
        "Check whether slow-queries-anomaly alerts.",
        "Check whether cpu-busy alerts for one server.",
      ],
      evaluationDelaySeconds: 120,
    },
    {
      id: "latency-anomaly",
      title: "Latency is unusual",
      condition: anomaly(series("p95", metrics.duration, [env]), 3, "above"),
      thresholds: { critical: 0.8, warning: 0.5 },
      urgency: "notUrgent",
      priority: 3,
      meaning: "Requests take longer than usual at this time of day, but may still be fast.",
      firstLook: [
        "On the service dashboard, find when the problem started and which release was deployed before.",
        "Check running threads and row lock waits on the database dashboard.",
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
      meaning: "This server serves no visitors. The other web servers handle the traffic.",
      firstLook: ["Run `systemctl status nginx` and `nginx -t` on the server.", "Read nginx's error log."],
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
        "The application's health endpoint fails on this server, so the load balancer stops using it. The body of the answer contains the reason.",
      firstLook: [
        `Run \`curl -s http://127.0.0.1:${ports.application}${config.application.healthPath}\` on the server.`,
        "Run `journalctl -u app` on the server.",
        "Check whether monitors of MySQL alert.",
      ],
    },
    {
      id: "application-errors",
      title: "The application logs errors",
      condition: logLines(`${env} service:${logServices.application} status:error`, "10m", "host"),
      thresholds: { critical: 20, warning: 5 },
      urgency: "notUrgent",
      priority: 3,
      meaning: "Requests or background work fail inside the application.",
      firstLook: [
        "Read error.kind and the stack in the logs.",
        "Check whether only one server or one release is affected.",
      ],
    },
    {
      id: "web-server-unhealthy",
      title: "A web server fails the balancer's health check",
      condition: logLines(
        `${env} service:${logServices.application} @http.route_class:health @http.status_code:503`,
        "5m",
        "host",
      ),
      thresholds: { critical: 5, warning: 1 },
      urgency: "notUrgent",
      priority: 3,
      meaning:
        "The application reports that it cannot serve requests, so the load balancer sends visitors to other servers.",
      firstLook: [
        "Read the reason in the log line.",
        "Check whether monitors of MySQL, or application-down for this server, alert.",
      ],
    },
  ];
}
