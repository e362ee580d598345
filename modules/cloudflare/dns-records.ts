import { DnsRecord } from "@cdktf/provider-cloudflare/lib/dns-record/index.js";
import type { LoadBalancer } from "@cdktf/provider-hcloud/lib/load-balancer";
import type { Construct } from "constructs";
import { siteHosts } from "../platform/names.js";
import type { ZoneContext } from "./context.js";

/** Cloudflare's "automatic", the only TTL it takes for proxied records. */
const automaticTtl = 1;

/** www and the apex, over IPv4 and IPv6, proxied: visitors never see the balancer's address. */
export function addDnsRecords(
  scope: Construct,
  { config, zoneId, loadBalancer }: ZoneContext & { readonly loadBalancer: LoadBalancer },
): void {
  const [www, apex] = siteHosts(config);
  const addresses = { A: loadBalancer.ipv4, AAAA: loadBalancer.ipv6 };
  for (const [id, name] of Object.entries({ www, apex }))
    for (const [type, content] of Object.entries(addresses))
      new DnsRecord(scope, `${id}-${type.toLowerCase()}`, {
        zoneId,
        // Cloudflare returns names in lower case: any other would show as an update in every plan.
        name: name.toLowerCase(),
        type,
        content,
        ttl: automaticTtl,
        proxied: true,
      });
}
