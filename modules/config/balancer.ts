import type { Config } from "./schema.js";
import { siteHosts } from "../platform/names.js";
import { ports } from "../platform/ports.js";

/** What tells two balancers apart. */
interface Numbered {
  readonly loadBalancer: Pick<Config["loadBalancer"], "number">;
}

/** What the names of all that belongs to one of two end with. Those of the first are older than the second. */
const endingOf = (number: 1 | 2): string => (number === 1 ? "" : "-2");

/** How Terraform's addresses, and the lab, call a balancer. */
export const balancerId = ({ loadBalancer }: Numbered): string => `balancer${endingOf(loadBalancer.number)}`;

/** How Terraform's addresses call a site at Cloudflare. */
export const siteId = ({ cloudflare }: { readonly cloudflare: Pick<Config["cloudflare"], "number"> }): string =>
  `site${endingOf(cloudflare.number)}`;

/** Its name at Hetzner. */
export const balancerName = ({ environment, loadBalancer }: Numbered & Pick<Config, "environment">): string =>
  `${environment}${endingOf(loadBalancer.number)}`;

/** How the balancer finds out whether a web server can serve. */
export interface BalancerHealthCheck {
  readonly protocol: "http";
  readonly port: number;
  readonly path: string;
  /** Sent as Host. */
  readonly domain: string;
  readonly statusCodes: readonly string[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** Failed checks in a row until a server gets no more requests, and good ones until it gets them again. */
  readonly retries: number;
}

/** One thing the balancer listens for. */
export interface BalancerService {
  readonly protocol: "https" | "tcp";
  readonly listenPort: number;
  readonly destinationPort: number;
  /** Puts the visitor's address in front of the connection. */
  readonly proxyProtocol: boolean;
  /** Listens on port 80 too and answers with a redirect. */
  readonly redirectHttp: boolean;
  readonly healthCheck: BalancerHealthCheck;
}

/** The balancer as plain data: Terraform and the lab build it from this. */
export interface BalancerDefinition {
  readonly algorithm: Config["loadBalancer"]["algorithm"];
  readonly services: readonly BalancerService[];
}

/**
 * Longest time, in seconds, until the balancer stops using a server whose health check fails: the last good check may have been a moment
 * ago, and the retries have to fail too.
 */
export const noticeSeconds = ({ loadBalancer: { healthCheck } }: Config): number =>
  healthCheck.intervalSeconds * (healthCheck.retries + 1) + healthCheck.timeoutSeconds;

/**
 * What the balancer does in an environment. In both modes the health check is plain HTTP on nginx's HTTP port: no public source says that
 * Hetzner sends a PROXY header with its checks, and nginx's TLS port would refuse a check without one.
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
