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
  /** Configuration of the environment with this load balancer: the current configuration, or the previous one during a migration. */
  readonly config: Config;
  /** Settings of the load balancer to create. */
  readonly balancer: BalancerSettings;
  /** Subnet in which the load balancer reaches its targets. */
  readonly subnet: NetworkSubnet;
  /** Servers with the role `web`. */
  readonly targets: readonly PlatformServer[];
  /** Returns the number of target entries for a server, 0 or 1. @default - always 1 */
  readonly targetCount?: (server: PlatformServer) => number;
  /** Resources that must exist before the load balancer accepts connections. */
  readonly precondition: readonly Precondition[];
  /** Certificate for visitors. @default - none, because nginx terminates TLS with `tls: "passthrough"` */
  readonly certificate?: BalancerCertificate;
  /** Terraform count of the load balancer, 0 or 1. @default - 1, and the Terraform address has no index */
  readonly count?: number;
}

/**
 * Creates a load balancer. The load balancer listens on public addresses and reaches its targets by private addresses. Hetzner has no
 * firewalls for load balancers.
 */
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
      // prevent_destroy rejects the plan. With only Hetzner's own protection, a destroy would first remove targets,
      // services and DNS records, and would then fail at the load balancer.
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
        // A target with a private address requires that the load balancer is attached to the network. No attribute of
        // the target refers to this attachment, so Terraform needs an explicit dependency.
        dependsOn: [network],
      });
    for (const service of definition.services) this.addService(service);
  }

  /** Public addresses of the load balancer. */
  get addresses(): { readonly ipv4: string; readonly ipv6: string } {
    const { ipv4, ipv6 } = this.loadBalancer;
    return { ipv4, ipv6 };
  }

  /** Public addresses of an optional load balancer. The lists are empty if the load balancer does not exist. */
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
