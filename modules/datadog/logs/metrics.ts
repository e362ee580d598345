import type { MonitoringContext } from "../scope.js";
import { logServices } from "../../platform/signals.js";

/** A metric that Datadog computes from all received log lines, before it samples the lines. */
export interface LogMetric {
  /** Name of the metric in its Terraform address. */
  readonly id: string;
  readonly name: string;
  readonly search: string;
  /**
   * Attribute whose values the metric stores as a distribution with percentiles. @default - none, so the metric counts
   * lines
   */
  readonly measure?: string;
  /**
   * Tags of the metric: the attribute of the log line, and the number of possible values. The product of these numbers
   * determines the cost of the metric.
   */
  readonly by: Readonly<Record<string, { readonly path: string; readonly values: number }>>;
}

/**
 * Returns all log-based metrics. Every tag has a small, known number of values. Therefore a path, an address or an id
 * is never a tag.
 */
export function logMetrics({ config, env, metrics }: MonitoringContext): readonly LogMetric[] {
  const environment = { env: { path: "env", values: 1 } };
  const server = { server: { path: "server", values: config.servers.length } };
  const routeClass = { route_class: { path: "@http.route_class", values: 3 } };
  const answered = `${env} service:${logServices.nginx} @http.answered_by:application`;
  return [
    {
      id: "requests",
      name: metrics.requests,
      search: answered,
      by: {
        ...environment,
        ...server,
        ...routeClass,
        status_class: { path: "@http.status_class", values: 4 },
        speed: { path: "@http.speed", values: 2 },
      },
    },
    {
      id: "duration",
      name: metrics.duration,
      search: answered,
      measure: "@request_time",
      by: { ...environment, ...server, ...routeClass },
    },
    {
      id: "edge-bypassed",
      name: metrics.edgeBypassed,
      search: `${env} service:${logServices.nginx} @http.answered_by:refusal`,
      by: { ...environment, ...server },
    },
    {
      id: "firewall-drops",
      name: metrics.firewallDrops,
      search: `${env} service:${logServices.firewall} "nftables dropped"`,
      by: { ...environment, ...server },
    },
  ];
}
