import { createHash } from "node:crypto";
import type { Config } from "../../config/schema.js";

/** A domain may be longer than the 63 characters of a label. */
const digestOf = (domain: string): string => createHash("sha256").update(domain).digest("hex").slice(0, 8);

/**
 * What the balancer and a server's payload must agree on, as the text of a label: who ends TLS, the balancer's address (the only one that nginx
 * and the host firewall let in), and the site's domain.
 */
export const agreement = ({ tls, network, domain }: Agreed): string =>
  `${tls}-${network.balancerIp}-${digestOf(domain)}`;

type Agreed = Pick<Config, "tls" | "domain"> & { readonly network: Pick<Config["network"], "balancerIp"> };

/** What a server was made for that the configuration no longer asks for, in words; empty when they agree. @param label what {@link agreement} said then */
export function disagreements(label: string | undefined, config: Agreed): readonly string[] {
  if (label === undefined) return ["nobody knows what it was made for"];
  const [tls, balancerIp, domain] = label.split("-");
  return [
    ...(tls === config.tls ? [] : [`tls is "${config.tls}", it was made for "${tls}"`]),
    ...(balancerIp === config.network.balancerIp
      ? []
      : [`network.balancerIp is ${config.network.balancerIp}, it was made for ${balancerIp}`]),
    ...(domain === digestOf(config.domain) ? [] : [`domain is ${config.domain}, it was made for another`]),
  ];
}
