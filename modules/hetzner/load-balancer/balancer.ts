import { LoadBalancer } from "@cdktf/provider-hcloud/lib/load-balancer";
import { LoadBalancerNetwork } from "@cdktf/provider-hcloud/lib/load-balancer-network";
import { LoadBalancerService } from "@cdktf/provider-hcloud/lib/load-balancer-service";
import { LoadBalancerTargetA } from "@cdktf/provider-hcloud/lib/load-balancer-target";
import type { NetworkSubnet } from "@cdktf/provider-hcloud/lib/network-subnet";
import { Token, type TerraformResourceLifecycle } from "cdktf";
import { Construct } from "constructs";
import type { Config } from "../../config/schema.js";
import { labelsOf } from "../../config/labels.js";
import { coversNames, type OriginCertificate } from "../../credentials/origin-certificate.js";
import type { PlatformServer } from "../server/index.js";
import { agreesWith } from "./agrees-with.js";
import type { BalancerCertificate } from "./certificate.js";
import { balancerDefinition, type BalancerService } from "../../config/balancer.js";

/** Properties of {@link Balancer}. */
export interface BalancerProps {
  /** The environment. */
  readonly config: Config;
  /** Subnet in which it reaches its targets. */
  readonly subnet: NetworkSubnet;
  /** Servers with the role `web`. */
  readonly targets: readonly PlatformServer[];
  /** What Cloudflare finds at the origin, here or at nginx. */
  readonly origin: OriginCertificate;
  /** What visitors are shown. @default - none: nginx ends TLS, as with `tls: "passthrough"` */
  readonly certificate?: BalancerCertificate;
}

/** The load balancer: it listens on public addresses and reaches its targets by private ones. Hetzner has no firewall for balancers. */
export class Balancer extends Construct {
  /** The load balancer; DNS records take its addresses. */
  readonly loadBalancer: LoadBalancer;

  constructor(scope: Construct, id: string, { config, subnet, targets, origin, certificate }: BalancerProps) {
    super(scope, id);
    const definition = balancerDefinition(config);
    this.loadBalancer = new LoadBalancer(this, "Default", {
      name: config.environment,
      loadBalancerType: config.loadBalancer.type,
      location: config.location,
      algorithm: { type: definition.algorithm },
      deleteProtection: config.protect,
      labels: labelsOf(config),
      // Hetzner's protection alone lets a destroy take down targets, services and DNS records before it fails here.
      lifecycle: { preventDestroy: config.protect },
    });
    const network = new LoadBalancerNetwork(this, "network", {
      loadBalancerId: Token.asNumber(this.loadBalancer.id),
      subnetId: subnet.id,
      ip: config.network.balancerIp,
      enablePublicInterface: true,
    });
    for (const target of targets)
      new LoadBalancerTargetA(this, target.config.name, {
        loadBalancerId: Token.asNumber(this.loadBalancer.id),
        type: "server",
        serverId: Token.asNumber(target.server.id),
        usePrivateIp: true,
        // The target's private address needs the balancer's network, which no attribute of the target refers to.
        dependsOn: [network],
      });
    const precondition = [...agreesWith(targets, config), coversNames(origin, config)];
    for (const service of definition.services) this.addService(service, { certificate, precondition });
  }

  private addService(
    service: BalancerService,
    {
      certificate,
      precondition,
    }: Pick<BalancerProps, "certificate"> & Pick<TerraformResourceLifecycle, "precondition">,
  ): void {
    const { healthCheck: check } = service;
    new LoadBalancerService(this, `service-${service.listenPort}`, {
      loadBalancerId: this.loadBalancer.id,
      protocol: service.protocol,
      listenPort: service.listenPort,
      destinationPort: service.destinationPort,
      proxyprotocol: service.proxyProtocol,
      http: certificate && {
        certificates: [Token.asNumber(certificate.certificate.id)],
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
      lifecycle: { precondition },
    });
  }
}
