/** Names of log-based metrics, without the prefix of the environment. */
const names = {
  /** Metric that counts the requests nginx answered, by server, status class, route class and speed. */
  requests: "www.requests",
  /** Metric with the distribution of nginx's request durations in seconds, by server and route class. */
  duration: "www.request.duration",
  /** Metric that counts requests that nginx rejected because they did not come through Cloudflare, by server. */
  edgeBypassed: "www.edge_bypassed",
  /** Metric that counts packets that the host firewall dropped, by server. */
  firewallDrops: "host.firewall_drops",
} as const;

/** Names of log-based metrics in one environment. */
export type MetricNames = Readonly<Record<keyof typeof names, string>>;

/**
 * Returns the names of log-based metrics in one environment, for example `production.www.requests`. Dashes are replaced, because metric
 * names must not contain dashes.
 */
export const metricNames = (environment: string): MetricNames => {
  const prefix = environment.replaceAll("-", "_");
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, `${prefix}.${name}`])) as MetricNames;
};
