/** Names of the metrics made from logs, without the environment. */
const names = {
  /** Requests that nginx answered, by server, status class, route class and speed. */
  requests: "www.requests",
  /** Distribution of the seconds that nginx needed for a request, by server and route class. */
  duration: "www.request.duration",
  /** Requests rejected because they did not come through Cloudflare, by server. */
  edgeBypassed: "www.edge_bypassed",
  /** Packets that the host firewall dropped, by server. */
  firewallDrops: "host.firewall_drops",
} as const;

/** Names of the metrics made from logs, in one environment. */
export type MetricNames = Readonly<Record<keyof typeof names, string>>;

/** Names in one environment: `production.www.requests`. Dashes are not allowed in metric names. */
export const metricNames = (environment: string): MetricNames => {
  const prefix = environment.replaceAll("-", "_");
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, `${prefix}.${name}`])) as MetricNames;
};
