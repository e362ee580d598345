import { DnsRecord } from "@cdktf/provider-cloudflare/lib/dns-record/index.js";
import type { Construct } from "constructs";
import { siteHosts } from "../platform/names.js";
import type { ZoneContext } from "./context.js";

/** TTL that Cloudflare interprets as "automatic". Cloudflare accepts only this TTL for proxied records. */
const automaticTtl = 1;

export interface Origin {
  readonly ipv4: string;
  readonly ipv6: string;
}

/**
 * Reserved addresses for proxied records without an origin. Cloudflare itself responds to requests for these records.
 */
export const noOrigin: Origin = { ipv4: "192.0.2.1", ipv6: "100::" };

/**
 * Adds the DNS records of www and the apex. The records are proxied, so that visitors never see the load balancer's
 * address. If there are two load balancers, only `npm run ops balancers` changes the addresses. With two load
 * balancers, there are no AAAA records, because Cloudflare retries only one other address and this address must belong
 * to the other load balancer. Visitors can always use IPv6, because they connect to Cloudflare.
 */
export function addDnsRecords(
  scope: Construct,
  { config, zoneId, origin: { ipv4, ipv6 } }: ZoneContext & { readonly origin: Origin },
): readonly DnsRecord[] {
  const [www, apex] = siteHosts(config);
  const isDirected = config.loadBalancer.second !== undefined;
  return Object.entries({ www, apex }).flatMap(([id, name]) =>
    Object.entries({ A: ipv4, ...(!isDirected && { AAAA: ipv6 }) }).map(
      ([type, content]) =>
        new DnsRecord(scope, `${id}-${type.toLowerCase()}`, {
          zoneId,
          // Cloudflare returns names in lower case. A name with capitals would therefore cause an update in every plan.
          name: name.toLowerCase(),
          type,
          content,
          ttl: automaticTtl,
          proxied: true,
          // Rejects plans that delete the records, because visitors could not reach the site without them.
          lifecycle: { preventDestroy: config.protect, ...(isDirected && { ignoreChanges: ["content"] }) },
        }),
    ),
  );
}
