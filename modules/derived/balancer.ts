import type { Config } from "../config/schema.js";
import { siteHosts } from "../platform/names.js";
import { ports } from "../platform/ports.js";

/** Part of the configuration that contains the number of a load balancer: 1 or 2. */
interface Numbered {
  readonly loadBalancer: Pick<Config["loadBalancer"], "number">;
}

/**
 * Returns the suffix of all names that belong to a load balancer or a site. Number 1 has no suffix, so that the names
 * of existing resources do not change.
 */
const endingOf = (number: 1 | 2): string => (number === 1 ? "" : "-2");

/** Returns the id of a load balancer in Terraform addresses and in the lab. */
export const balancerId = ({ loadBalancer }: Numbered): string => `balancer${endingOf(loadBalancer.number)}`;

/** Returns the id of a Cloudflare site in Terraform addresses. */
export const siteId = ({ cloudflare }: { readonly cloudflare: Pick<Config["cloudflare"], "number"> }): string =>
  `site${endingOf(cloudflare.number)}`;

/** Returns the name of the load balancer at Hetzner. */
export const balancerName = ({ environment, loadBalancer }: Numbered & Pick<Config, "environment">): string =>
  `${environment}${endingOf(loadBalancer.number)}`;

/** Id of the second active load balancer in Terraform addresses and in the lab. */
export const secondBalancerId = "balancer-second";

/** Settings of one active load balancer. */
export interface BalancerSettings {
  readonly which: "first" | "second";
  /** Id of the load balancer in Terraform addresses and in the lab. */
  readonly id: string;
  /** Name of the load balancer at Hetzner. */
  readonly name: string;
  readonly location: string;
  readonly privateIp: string;
}

/**
 * Returns the active load balancers, in the order first, second. The result does not include the previous load balancer
 * of a migration.
 */
export function balancersOf(config: Config): readonly [BalancerSettings, ...BalancerSettings[]] {
  const { environment, location, network, loadBalancer } = config;
  const { second } = loadBalancer;
  const [id, name] = [balancerId(config), balancerName(config)];
  return [
    { which: "first", id, name, location, privateIp: network.balancerIp },
    ...(second ? [{ which: "second" as const, id: secondBalancerId, name: `${environment}-second`, ...second }] : []),
  ];
}

/** Returns all locations of servers and load balancers without duplicates, in the order of the configuration. */
export const locationsOf = (config: Config): readonly string[] => [
  ...new Set([...balancersOf(config), ...config.servers].map(({ location }) => location)),
];

/** Health check that decides whether a web server receives requests. */
export interface BalancerHealthCheck {
  readonly protocol: "http";
  readonly port: number;
  readonly path: string;
  /** Value of the Host header in the health check. */
  readonly domain: string;
  readonly statusCodes: readonly string[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /**
   * Number of consecutive failed checks after which a server receives no requests. The same number of successful checks is needed until the
   * server receives requests again.
   */
  readonly retries: number;
}

/** A listener of the load balancer. */
export interface BalancerService {
  readonly protocol: "https" | "tcp";
  readonly listenPort: number;
  readonly destinationPort: number;
  /** True if the load balancer sends the visitor's address in a PROXY header at the start of the connection. */
  readonly proxyProtocol: boolean;
  /** True if the load balancer also listens on port 80 and redirects requests to HTTPS. */
  readonly redirectHttp: boolean;
  readonly healthCheck: BalancerHealthCheck;
}

/** Definition of the load balancer as plain data. Terraform and the lab create the load balancer from this definition. */
export interface BalancerDefinition {
  readonly algorithm: Config["loadBalancer"]["algorithm"];
  readonly services: readonly BalancerService[];
}

/**
 * Returns the maximum time in seconds until the load balancer stops using a server whose health check fails. In the
 * worst case, the last check succeeds just before the failure, and then all retries must fail.
 */
export const noticeSeconds = ({ loadBalancer: { healthCheck } }: Config): number =>
  healthCheck.intervalSeconds * (healthCheck.retries + 1) + healthCheck.timeoutSeconds;

/**
 * Returns the definition of the load balancer. In both TLS modes the health check is plain HTTP on nginx's HTTP port. nginx's TLS port
 * rejects connections without a PROXY header, and no public source states that Hetzner's health checks send one.
 */
export function balancerDefinition(config: Config): BalancerDefinition {
  const { algorithm, healthCheck } = config.loadBalancer;
  const check: BalancerHealthCheck = {
    protocol: "http",
    port: ports.nginxHttp,
    path: config.application.healthPath,
    domain: siteHosts(config)[0],
    statusCodes: ["200"],
    ...healthCheck,
  };
  const terminate: BalancerService = {
    protocol: "https",
    listenPort: ports.balancerHttps,
    destinationPort: ports.nginxHttp,
    proxyProtocol: false,
    redirectHttp: true,
    healthCheck: check,
  };
  const passthrough: BalancerService = {
    protocol: "tcp",
    listenPort: ports.balancerHttps,
    destinationPort: ports.nginxHttps,
    proxyProtocol: true,
    redirectHttp: false,
    healthCheck: check,
  };
  return { algorithm, services: [config.tls === "terminate" ? terminate : passthrough] };
}
