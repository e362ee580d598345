import type { BalancerDefinition, BalancerService } from "../../modules/derived/balancer.js";
import { ports } from "../../modules/platform/ports.js";
import { renderTemplate } from "../../modules/machine/part/templates.js";
import type { Host } from "../network/addresses.js";

/** Properties of {@link haproxyConfig}. */
export interface HaproxyProps {
  /** Definition of the load balancer, the same as for the load balancer at Hetzner. */
  readonly definition: BalancerDefinition;
  /** Lab host with the load balancer's addresses. */
  readonly host: Host;
  /** Web servers. The load balancer connects to the private addresses of the web servers. */
  readonly targets: readonly Host[];
  /** Path of the file with the certificate and key of https services. */
  readonly certificateBundle: string;
  /** Path of the socket on which HAProxy reports the targets' health. */
  readonly socket: string;
}

/**
 * Returns the configuration of a HAProxy that emulates Hetzner's load balancer.
 * HAProxy does not emulate the load balancer's failover, traffic limits, or health checks from several nodes.
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

/** Returns the name of the HAProxy backend that checks the health of a service's targets. */
const checkName = (service: BalancerService): string => `${checkPrefix}${serviceName(service)}`;
/** Prefix of the names of the HAProxy backends for health checks. */
export const checkPrefix = "check_";

const serviceName = ({ protocol, listenPort }: BalancerService): string => `${protocol}_${listenPort}`;

const binds = ({ publicIpv4, publicIpv6, privateIpv4 }: Host, port: number, options: string): string[] =>
  [publicIpv4, `[${publicIpv6}]`, ...(privateIpv4 ? [privateIpv4] : [])].map(
    (address) => `${address}:${port}${options}`,
  );

const tlsOptions = ({ protocol }: BalancerService, bundle: string): string =>
  protocol === "https" ? ` ssl crt ${bundle} alpn h2,http/1.1` : "";

/** Converts a range of statuses in Hetzner's notation, such as "2??", to HAProxy's notation. */
const statusRange = (code: string): string =>
  code.includes("?") ? `${code.replaceAll("?", "0")}-${code.replaceAll("?", "9")}` : code;
