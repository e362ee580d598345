import type { BalancerDefinition, BalancerService } from "../../modules/config/balancer.js";
import { ports } from "../../modules/platform/ports.js";
import { renderTemplate } from "../../modules/machine/part/templates.js";
import type { Host } from "../network/addresses.js";

/** What the stand-in's configuration is made from. */
export interface HaproxyProps {
  /** What the real balancer is made from too. */
  readonly definition: BalancerDefinition;
  /** Host of the lab whose addresses it listens on. */
  readonly host: Host;
  /** Web servers, reached by their private addresses. */
  readonly targets: readonly Host[];
  /** File with certificate and key, for https services. */
  readonly certificateBundle: string;
  /** Socket that tells the targets' health. */
  readonly socket: string;
}

/**
 * Configuration of HAProxy acting as the cloud's load balancer.
 * What it cannot show: the provider's own failover, traffic limits, and how its health checks are spread over its nodes.
 */
export function haproxyConfig({ definition, host, targets, certificateBundle, socket }: HaproxyProps): string {
  return renderTemplate(new URL("haproxy.cfg.hbs", import.meta.url), {
    socket,
    balance: definition.algorithm === "round_robin" ? "roundrobin" : "leastconn",
    services: definition.services.map((service) => ({
      name: serviceName(service),
      mode: service.protocol === "tcp" ? "tcp" : "http",
      port: service.listenPort,
      binds: binds(host, service.listenPort, tlsOptions(service, certificateBundle)),
      redirect: service.redirectHttp ? { binds: binds(host, ports.balancerHttp, "") } : false,
      forwardedProto: service.protocol === "tcp" ? "" : service.protocol,
      proxy: service.proxyProtocol ? " send-proxy-v2" : "",
      check: {
        ...service.healthCheck,
        name: checkName(service),
        statuses: service.healthCheck.statusCodes.map(statusRange).join(","),
      },
      servers: targets.map((target) => ({
        name: target.name,
        address: `${target.privateIpv4}:${service.destinationPort}`,
      })),
    })),
  });
}

/** Name of the section that checks the health of a service's targets. */
const checkName = (service: BalancerService): string => `${checkPrefix}${serviceName(service)}`;
/** Beginning of the names of the sections that ask targets for their health. */
export const checkPrefix = "check_";

const serviceName = ({ protocol, listenPort }: BalancerService): string => `${protocol}_${listenPort}`;

const binds = ({ publicIpv4, publicIpv6, privateIpv4 }: Host, port: number, options: string): string[] =>
  [publicIpv4, `[${publicIpv6}]`, ...(privateIpv4 ? [privateIpv4] : [])].map(
    (address) => `${address}:${port}${options}`,
  );

const tlsOptions = ({ protocol }: BalancerService, bundle: string): string =>
  protocol === "https" ? ` ssl crt ${bundle} alpn h2,http/1.1` : "";

/** The provider writes "2??" where HAProxy wants a range. */
const statusRange = (code: string): string =>
  code.includes("?") ? `${code.replaceAll("?", "0")}-${code.replaceAll("?", "9")}` : code;
