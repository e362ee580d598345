import { DataCloudflareZone } from "@cdktf/provider-cloudflare/lib/data-cloudflare-zone/index.js";
import type { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { Config } from "../config/schema.js";
import { literal } from "../terraform/literal.js";
import type { ClientCertificate, Proof } from "./context.js";
import { addDnsRecords, type Origin } from "./dns-records.js";
import { addEdgeToken } from "./edge-token.js";
import { addWafRule } from "./waf-rule.js";
import { addOriginPulls } from "./origin-pulls.js";
import { addRateLimit } from "./rate-limit.js";
import { addRedirect, type Redirect } from "./redirect.js";
import { addZoneSettings } from "./zone-settings.js";

/** Properties of {@link CloudflareSite}. */
export interface CloudflareSiteProps {
  readonly config: Config;
  /** Addresses for the DNS records of the site. */
  readonly origin: Origin;
  /**
   * Value of the secret header that nginx requires. @default - no header, because `tls: "passthrough"` uses a client
   * certificate
   */
  readonly edgeToken?: Proof<string>;
  /** Client certificate that nginx requires. @default - none, because `tls: "terminate"` uses the secret header */
  readonly originPull?: Proof<ClientCertificate>;
  /** Redirect from another host name. @default - none, because there is no other host name */
  readonly redirect?: Redirect;
}

/**
 * Creates the site at Cloudflare: DNS records, zone settings, WAF rule, rate limit, and the proof that a request came
 * through this zone. The free plan is sufficient. If the stack is destroyed, the zone settings and the setting for
 * client certificates remain, because Cloudflare stores no previous values.
 */
export class CloudflareSite extends Construct {
  /** Resources that determine where visitors' requests go: the DNS records and the redirect. */
  readonly leads: readonly TerraformResource[];

  constructor(scope: Construct, id: string, { config, origin, edgeToken, originPull, redirect }: CloudflareSiteProps) {
    super(scope, id);
    const { zoneName = config.domain, accountName } = config.cloudflare;
    const { zoneId } = new DataCloudflareZone(this, "zone", {
      filter: { name: zoneName, ...(accountName && { account: { name: literal(accountName) } }) },
    });
    const context = { config, zoneId };
    this.leads = [
      ...addDnsRecords(this, { ...context, origin }),
      ...(redirect ? [addRedirect(this, { ...context, redirect })] : []),
    ];
    addZoneSettings(this, context);
    addWafRule(this, context);
    addRateLimit(this, context);
    if (edgeToken) addEdgeToken(this, { ...context, edgeToken });
    if (originPull) addOriginPulls(this, { ...context, originPull });
  }
}
