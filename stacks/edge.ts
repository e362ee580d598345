import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider/index.js";
import { HcloudProvider } from "@cdktf/provider-hcloud/lib/provider";
import { Fn, TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import { CloudflareSite } from "../modules/cloudflare/index.js";
import { formerOf } from "../modules/config/agreement.js";
import { balancerId } from "../modules/config/balancer.js";
import type { Config } from "../modules/config/schema.js";
import { coversNames } from "../modules/credentials/origin-certificate.js";
import { agreesWith, Balancer, BalancerCertificate, Changeover } from "../modules/hetzner/load-balancer/index.js";
import { siteHosts } from "../modules/platform/names.js";
import type { CredentialsStack } from "./credentials.js";
import type { FoundationStack } from "./foundation.js";
import { PlatformStack, type PlatformStackProps } from "./platform-stack.js";
import type { ServersStack } from "./servers.js";

/** Properties of {@link EdgeStack}. */
export interface EdgeStackProps extends PlatformStackProps {
  /** Has the subnet that the balancer joins. */
  readonly foundation: FoundationStack;
  /** Has the origin certificate and the proofs of origin. */
  readonly credentials: CredentialsStack;
  /** Has the balancer's targets. */
  readonly servers: ServersStack;
}

/** The balancer that another one takes over from. */
interface Before {
  /** The environment as it knows it. */
  readonly former: Config;
  /** How far that has come. */
  readonly change: Changeover;
}

/**
 * What visitors meet: the balancer with its certificate, and Cloudflare in front. Nothing here touches a server. While a balancer takes over
 * from another one there are both, and Cloudflare shows what the servers of either ask for.
 */
export class EdgeStack extends PlatformStack {
  constructor(scope: Construct, props: EdgeStackProps) {
    super(scope, "edge", props);
    const { config, credentials } = props;
    new HcloudProvider(this, "hcloud");
    new CloudflareProvider(this, "cloudflare");
    const former = formerOf(config);
    const before = former && { former, change: new Changeover(this, "changeover", { config, former }) };
    const terminates = neededFor("terminate", config, before);
    const passesThrough = neededFor("passthrough", config, before);
    const origin = credentials.originCertificate;
    const certificate = terminates && new BalancerCertificate(this, "certificate", { config, origin, ...terminates });
    const balancer = this.addBalancer(props, certificate, before);
    const balancerBefore = before && this.addBalancerBefore(props, certificate, before);
    const { addresses } = balancer;
    const site = new CloudflareSite(this, "site", {
      config,
      origin: balancerBefore
        ? {
            ipv4: before.change.used(addresses.ipv4, balancerBefore.addressesIfAny.ipv4),
            ipv6: before.change.used(addresses.ipv6, balancerBefore.addressesIfAny.ipv6),
          }
        : addresses,
      // The provider's schema does not mark the value of a header as sensitive.
      edgeToken: terminates && { shown: Fn.sensitive(credentials.edgeToken) as string, ...terminates },
      originPull: passesThrough && { shown: credentials.originPull.client, ...passesThrough },
    });
    this.addOutputs(config, balancer);
    if (before) this.addStage(before, site);
  }

  private addBalancer(
    { config, foundation, credentials, servers }: EdgeStackProps,
    certificate: BalancerCertificate | undefined,
    before: Before | undefined,
  ): Balancer {
    const targets = servers.withRole("web");
    return new Balancer(this, balancerId(config), {
      config,
      subnet: foundation.privateNetwork.subnet,
      targets,
      ...(before && { targetCount: (server) => before.change.countOf(server) }),
      precondition: [
        ...agreesWith(targets, config, before && { former: before.former, both: before.change.both }),
        coversNames(credentials.originCertificate, config),
      ],
      certificate: config.tls === "terminate" ? certificate : undefined,
    });
  }

  private addBalancerBefore(
    { foundation, credentials, servers }: EdgeStackProps,
    certificate: BalancerCertificate | undefined,
    { former, change }: Before,
  ): Balancer {
    return new Balancer(this, balancerId(former), {
      config: former,
      subnet: foundation.privateNetwork.subnet,
      targets: servers.withRole("web"),
      targetCount: (server) => change.countBeforeOf(server),
      precondition: [coversNames(credentials.originCertificate, former)],
      certificate: former.tls === "terminate" ? certificate : undefined,
      count: change.countBefore,
    });
  }

  private addOutputs(config: Config, { addresses }: Balancer): void {
    const [www] = siteHosts(config);
    new TerraformOutput(this, "site_url", { value: `https://${www}/`, description: "The site" });
    new TerraformOutput(this, "balancer_addresses", {
      value: addresses,
      description: "Addresses of the balancer; visitors see Cloudflare's",
    });
    new TerraformOutput(this, "next_commands", {
      value: [
        `curl --fail --silent --show-error --output /dev/null https://${www}/`,
        `npx cdktf output ${config.environment}-servers`,
      ],
      description: "Is the site up, and do the servers run the current payload",
    });
  }

  private addStage({ change }: Before, { records }: CloudflareSite): void {
    this.addOverride("check.balancer_change", { assert: [change.assertion] });
    const output = new TerraformOutput(this, "balancer_change", {
      value: change.stage,
      description: "Which balancer the records point at, and beside which there is no other; npm run ops rollout",
    });
    // Told when the records do what it says. By an override: what cdktf writes as `dependsOn` of an output Terraform does not take.
    output.addOverride(
      "depends_on",
      records.map(({ terraformResourceType: type, friendlyUniqueId: id }) => `${type}.${id}`),
    );
  }
}

/** How many there are of what only one TLS mode needs; `undefined` where neither balancer has this mode. */
function neededFor(
  tls: Config["tls"],
  config: Config,
  before: Before | undefined,
): { readonly count?: number } | undefined {
  if (config.tls === tls) return {};
  return before?.former.tls === tls ? { count: before.change.countBefore } : undefined;
}
