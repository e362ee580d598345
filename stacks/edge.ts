import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider/index.js";
import { HcloudProvider } from "@cdktf/provider-hcloud/lib/provider";
import { Fn, TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import { CloudflareSite } from "../modules/cloudflare/index.js";
import type { Config } from "../modules/config/schema.js";
import { Balancer, BalancerCertificate } from "../modules/hetzner/load-balancer/index.js";
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

/** What visitors meet: the balancer with its certificate, and Cloudflare in front. Nothing here touches a server. */
export class EdgeStack extends PlatformStack {
  /** The balancer; records at Cloudflare point to it. */
  readonly balancer: Balancer;

  constructor(scope: Construct, { config, foundation, credentials, servers }: EdgeStackProps) {
    super(scope, "edge", { config });
    new HcloudProvider(this, "hcloud");
    new CloudflareProvider(this, "cloudflare");
    const { edgeToken, originCertificate, originPull } = credentials;
    const terminates = config.tls === "terminate";
    const certificate = terminates
      ? new BalancerCertificate(this, "certificate", { config, origin: originCertificate })
      : undefined;
    this.balancer = new Balancer(this, "balancer", {
      config,
      subnet: foundation.privateNetwork.subnet,
      targets: servers.withRole("web"),
      origin: originCertificate,
      certificate,
    });
    new CloudflareSite(this, "site", {
      config,
      loadBalancer: this.balancer.loadBalancer,
      // The provider's schema does not mark the value of a header as sensitive.
      edgeToken: terminates ? (Fn.sensitive(edgeToken) as string) : undefined,
      originPull: terminates ? undefined : originPull.client,
    });
    this.addOutputs(config);
  }

  private addOutputs(config: Config): void {
    const { ipv4, ipv6 } = this.balancer.loadBalancer;
    const [www] = siteHosts(config);
    new TerraformOutput(this, "site_url", { value: `https://${www}/`, description: "The site" });
    new TerraformOutput(this, "balancer_addresses", {
      value: { ipv4, ipv6 },
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
}
