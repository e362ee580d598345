import { LoadBalancer } from "@cdktf/provider-hcloud/lib/load-balancer";
import { LoadBalancerNetwork } from "@cdktf/provider-hcloud/lib/load-balancer-network";
import { LoadBalancerService } from "@cdktf/provider-hcloud/lib/load-balancer-service";
import { LoadBalancerTargetA } from "@cdktf/provider-hcloud/lib/load-balancer-target";
import type { NetworkSubnet } from "@cdktf/provider-hcloud/lib/network-subnet";
import { ref, Token, type IResolvable, type Precondition } from "cdktf";
import { Construct } from "constructs";
import type { Config } from "../../config/schema.js";
import { labelsOf } from "../../derived/labels.js";
import type { PlatformServer } from "../server/index.js";
import type { BalancerCertificate } from "./certificate.js";
import { idOf } from "./id-of.js";
import { balancerDefinition, type BalancerService, type BalancerSettings } from "../../derived/balancer.js";

/** Properties of {@link Balancer}. */
export interface BalancerProps {
  /** The environment, as this balancer knows it. */
  readonly config: Config;
  /** Which of its load balancers this is. */
  readonly balancer: BalancerSettings;
  /** Subnet in which it reaches its targets. */
  readonly subnet: NetworkSubnet;
  /** Servers with the role `web`. */
  readonly targets: readonly PlatformServer[];
  /** How often a server is its target, 0 or 1. @default - always once */
  readonly targetCount?: (server: PlatformServer) => number;
  /** What must hold before it listens. */
  readonly precondition: readonly Precondition[];
  /** What visitors are shown. @default - none: nginx ends TLS, as with `tls: "passthrough"` */
  readonly certificate?: BalancerCertificate;
  /** How many there are of it, 0 or 1. @default - one, and its address has no index */
  readonly count?: number;
}

/** The load balancer: it listens on public addresses and reaches its targets by private ones. Hetzner has no firewall for balancers. */
export class Balancer extends Construct {
  private readonly loadBalancer: LoadBalancer;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: BalancerProps,
  ) {
    super(scope, id);
    const { config, balancer, subnet, targets, targetCount, count } = props;
    const definition = balancerDefinition(config);
    this.loadBalancer = new LoadBalancer(this, "Default", {
      name: balancer.name,
      loadBalancerType: config.loadBalancer.type,
      location: balancer.location,
      algorithm: { type: definition.algorithm },
      deleteProtection: config.protect,
      labels: labelsOf(config),
      count,
      // Hetzner's protection alone lets a destroy take down targets, services and DNS records before it fails here.
      lifecycle: { preventDestroy: config.protect },
    });
    const network = new LoadBalancerNetwork(this, "network", {
      loadBalancerId: Token.asNumber(this.loadBalancerId),
      subnetId: subnet.id,
      ip: balancer.privateIp,
      enablePublicInterface: true,
      count,
    });
    for (const target of targets)
      new LoadBalancerTargetA(this, target.config.name, {
        loadBalancerId: Token.asNumber(this.loadBalancerId),
        type: "server",
        serverId: Token.asNumber(target.server.id),
        usePrivateIp: true,
        count: targetCount?.(target),
        // The target's private address needs the balancer's network, which no attribute of the target refers to.
        dependsOn: [network],
      });
    for (const service of definition.services) this.addService(service);
  }

  /** Its public addresses. */
  get addresses(): { readonly ipv4: string; readonly ipv6: string } {
    const { ipv4, ipv6 } = this.loadBalancer;
    return { ipv4, ipv6 };
  }

  /** Its public addresses where there may be none of it: then there is none of these either. */
  get addressesIfAny(): { readonly ipv4: IResolvable; readonly ipv6: IResolvable } {
    const { terraformResourceType: type, friendlyUniqueId: id } = this.loadBalancer;
    const one = (attribute: string): IResolvable => ref(`one(${type}.${id}[*].${attribute})`);
    return { ipv4: one("ipv4"), ipv6: one("ipv6") };
  }

  private get loadBalancerId(): string {
    return idOf(this.loadBalancer);
  }

  private addService(service: BalancerService): void {
    const { certificate, precondition, count } = this.props;
    const { healthCheck: check } = service;
    new LoadBalancerService(this, `service-${service.listenPort}`, {
      loadBalancerId: this.loadBalancerId,
      protocol: service.protocol,
      listenPort: service.listenPort,
      destinationPort: service.destinationPort,
      proxyprotocol: service.proxyProtocol,
      http: certificate && {
        certificates: [Token.asNumber(certificate.id)],
        redirectHttp: service.redirectHttp,
      },
      healthCheck: {
        protocol: check.protocol,
        port: check.port,
        interval: check.intervalSeconds,
        timeout: check.timeoutSeconds,
        retries: check.retries,
        http: { domain: check.domain, path: check.path, statusCodes: [...check.statusCodes], tls: false },
      },
      count,
      lifecycle: { precondition: [...precondition] },
    });
  }
}
