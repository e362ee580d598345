import type { BalancerDefinition, BalancerService } from "../../modules/derived/balancer.js";
import { ports } from "../../modules/platform/ports.js";
import { renderTemplate } from "../../modules/machine/part/templates.js";
import type { Host } from "../network/addresses.js";

/** Inputs of the emulated balancer's configuration. */
export interface HaproxyProps {
  /** Definition that is also used for the real balancer. */
  readonly definition: BalancerDefinition;
  /** Host of the lab with the balancer's addresses. */
  readonly host: Host;
  /** Web servers, which the balancer reaches over their private addresses. */
  readonly targets: readonly Host[];
  /** File with certificate and key, for https services. */
  readonly certificateBundle: string;
  /** Socket for queries of the targets' health. */
  readonly socket: string;
}

/**
 * Configuration of a HAProxy that emulates the cloud's load balancer.
 * It does not emulate the provider's own failover, its traffic limits, or health checks from several nodes.
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
/** Prefix of the names of health check sections. */
export const checkPrefix = "check_";

const serviceName = ({ protocol, listenPort }: BalancerService): string => `${protocol}_${listenPort}`;

const binds = ({ publicIpv4, publicIpv6, privateIpv4 }: Host, port: number, options: string): string[] =>
  [publicIpv4, `[${publicIpv6}]`, ...(privateIpv4 ? [privateIpv4] : [])].map(
    (address) => `${address}:${port}${options}`,
  );

const tlsOptions = ({ protocol }: BalancerService, bundle: string): string =>
  protocol === "https" ? ` ssl crt ${bundle} alpn h2,http/1.1` : "";

/** Converts the provider's notation "2??" to HAProxy's range. */
const statusRange = (code: string): string =>
  code.includes("?") ? `${code.replaceAll("?", "0")}-${code.replaceAll("?", "9")}` : code;
