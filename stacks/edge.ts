import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider/index.js";
import { HcloudProvider } from "@cdktf/provider-hcloud/lib/provider";
import { Fn, TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import { CloudflareSite, type CloudflareSiteProps, noOrigin } from "../modules/cloudflare/index.js";
import { formerOf } from "../modules/derived/agreement.js";
import { balancersOf, siteId } from "../modules/derived/balancer.js";
import { formerDomain, type Config } from "../modules/config/schema.js";
import { coversNames } from "../modules/credentials/origin-certificate.js";
import {
  agreesWith,
  Balancer,
  BalancerCertificate,
  BalancerMigration,
} from "../modules/hetzner/load-balancer/index.js";
import { siteHosts } from "../modules/platform/names.js";
import type { CredentialsStack } from "./credentials.js";
import type { FoundationStack } from "./foundation.js";
import { PlatformStack, type PlatformStackProps } from "./platform-stack.js";
import type { ServersStack } from "./servers.js";

/** Properties of {@link EdgeStack}. */
export interface EdgeStackProps extends PlatformStackProps {
  /** Stack with the subnet of the load balancer. */
  readonly foundation: FoundationStack;
  /** Stack with the origin certificate, the token and the client certificate. */
  readonly credentials: CredentialsStack;
  /** Stack with the servers, which are the targets of the load balancer. */
  readonly servers: ServersStack;
}

/** One load balancer, with the configuration of its related resources. */
interface SiteBalancer {
  /** Configuration of the environment with this load balancer. */
  readonly config: Config;
  /** Terraform count of the load balancer's own resources. @default - 1, and the Terraform addresses have no index */
  readonly count?: number;
}

/** The previous load balancer during a migration. */
interface PreviousSiteBalancer extends Required<SiteBalancer> {
  /** Progress of the migration. */
  readonly change: BalancerMigration;
}

/**
 * Creates the resources that visitors reach: load balancers with their certificates, and the site at Cloudflare. This stack changes no
 * server. During a migration there are two load balancers, and Cloudflare sends the proofs that the servers of both require. If the domain
 * changes, there are two zones.
 */
export class EdgeStack extends PlatformStack {
  constructor(scope: Construct, props: EdgeStackProps) {
    super(scope, "edge", props);
    const { config, credentials } = props;
    new HcloudProvider(this, "hcloud");
    new CloudflareProvider(this, "cloudflare");
    const now: SiteBalancer = { config };
    const before = this.before(config);
    const terminates = neededFor("terminate", before ? [now, before] : [now]);
    const origin = credentials.originCertificate;
    const certificate = terminates && new BalancerCertificate(this, "certificate", { config, origin, ...terminates });
    const [balancer, second] = this.addBalancers(props, certificate, before);
    this.addOutputs(config, balancer, second);
    if (before) {
      const balancerBefore = this.addBalancerBefore(props, certificate, before);
      this.addStage(before, this.addSites(props, { now, balancer }, { before, balancerBefore }));
    } else this.addSite(props, balancer.addresses, [now]);
  }

  private before(config: Config): PreviousSiteBalancer | undefined {
    const former = formerOf(config);
    if (former === undefined) return undefined;
    const change = new BalancerMigration(this, "changeover", { config, former });
    return { config: former, change, count: change.countBefore };
  }

  /** Adds one Cloudflare site for both load balancers. If the domain changes, adds one site for each load balancer. */
  private addSites(
    props: EdgeStackProps,
    { now, balancer: { addresses } }: { readonly now: SiteBalancer; readonly balancer: Balancer },
    { before, balancerBefore }: { readonly before: PreviousSiteBalancer; readonly balancerBefore: Balancer },
  ): readonly CloudflareSite[] {
    const { change } = before;
    const { ipv4, ipv6 } = balancerBefore.addressesIfAny;
    if (formerDomain(now.config) === undefined) {
      const used = { ipv4: change.used(addresses.ipv4, ipv4), ipv6: change.used(addresses.ipv6, ipv6) };
      return [this.addSite(props, used, [now, before])];
    }
    const left = {
      ipv4: Fn.coalesce([ipv4, noOrigin.ipv4]) as string,
      ipv6: Fn.coalesce([ipv6, noOrigin.ipv6]) as string,
    };
    return [
      this.addSite(props, addresses, [now], change.redirectFrom(now.config)),
      this.addSite(props, left, [before], change.redirectFrom(before.config)),
    ];
  }

  /**
   * Adds a Cloudflare site.
   * @param sides load balancers whose servers get the visitors of the site. The first load balancer defines the name of the site.
   */
  private addSite(
    { credentials }: EdgeStackProps,
    origin: CloudflareSiteProps["origin"],
    sides: readonly [SiteBalancer, ...SiteBalancer[]],
    redirect?: CloudflareSiteProps["redirect"],
  ): CloudflareSite {
    const [{ config }] = sides;
    const terminates = neededFor("terminate", sides);
    const passesThrough = neededFor("passthrough", sides);
    return new CloudflareSite(this, siteId(config), {
      config,
      origin,
      // `Fn.sensitive` is needed, because the provider's schema does not mark the value of a header as sensitive.
      edgeToken: terminates && { shown: Fn.sensitive(credentials.edgeToken) as string, ...terminates },
      originPull: passesThrough && { shown: credentials.originPullClient, ...passesThrough },
      redirect,
    });
  }

  /** Adds the active load balancers in order. Each load balancer has all web servers as targets. */
  private addBalancers(
    { config, foundation, credentials, servers }: EdgeStackProps,
    certificate: BalancerCertificate | undefined,
    before: PreviousSiteBalancer | undefined,
  ): readonly [Balancer, ...Balancer[]] {
    const targets = servers.withRole("web");
    return balancersOf(config).map(
      (balancer) =>
        new Balancer(this, balancer.id, {
          config,
          balancer,
          subnet: foundation.privateNetwork.subnet,
          targets,
          ...(before && { targetCount: (server) => before.change.countOf(server) }),
          precondition: [
            ...agreesWith(targets, config, before && { former: before.config, both: before.change.both }),
            coversNames(credentials.originCertificate, config),
          ],
          certificate: config.tls === "terminate" ? certificate : undefined,
        }),
    ) as [Balancer, ...Balancer[]];
  }

  private addBalancerBefore(
    { foundation, credentials, servers }: EdgeStackProps,
    certificate: BalancerCertificate | undefined,
    { config: former, change, count }: PreviousSiteBalancer,
  ): Balancer {
    const [balancer] = balancersOf(former);
    return new Balancer(this, balancer.id, {
      config: former,
      balancer,
      subnet: foundation.privateNetwork.subnet,
      targets: servers.withRole("web"),
      targetCount: (server) => change.countBeforeOf(server),
      precondition: [coversNames(credentials.originCertificate, former)],
      certificate: former.tls === "terminate" ? certificate : undefined,
      count,
    });
  }

  private addOutputs(config: Config, { addresses }: Balancer, second?: Balancer): void {
    const [www] = siteHosts(config);
    new TerraformOutput(this, "site_url", { value: `https://${www}/`, description: "The site" });
    new TerraformOutput(this, "balancer_addresses", {
      value: addresses,
      description: "Addresses of the load balancer; visitors see only Cloudflare's addresses",
    });
    if (second)
      new TerraformOutput(this, "second_balancer_addresses", {
        value: second.addresses,
        description: "Addresses of the second load balancer",
      });
    new TerraformOutput(this, "next_commands", {
      value: [
        `curl --fail --silent --show-error --output /dev/null https://${www}/`,
        `npx cdktf output ${config.environment}-servers`,
      ],
      description: "Commands that check whether the site is up and the servers have the current payload",
    });
  }

  private addStage({ change }: PreviousSiteBalancer, sites: readonly CloudflareSite[]): void {
    this.addOverride("check.balancer_change", { assert: [change.assertion] });
    const output = new TerraformOutput(this, "balancer_change", {
      value: change.stage,
      description: "Stage of the load balancer migration; see npm run ops rollout",
    });
    // The output must be updated after the resources that direct visitors. The dependency is an override, because Terraform rejects the
    // `dependsOn` that cdktf would write.
    output.addOverride(
      "depends_on",
      sites
        .flatMap(({ leads }) => leads)
        .map(({ terraformResourceType: type, friendlyUniqueId: id }) => `${type}.${id}`),
    );
  }
}

/** Returns the Terraform count of resources that only one TLS mode needs, or `undefined` if no load balancer uses this TLS mode. */
function neededFor(tls: Config["tls"], sides: readonly SiteBalancer[]): Pick<SiteBalancer, "count"> | undefined {
  const side = sides.find(({ config }) => config.tls === tls);
  return side && (side.count === undefined ? {} : { count: side.count });
}
