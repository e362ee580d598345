import { createHash } from "node:crypto";
import type { Config } from "./schema.js";

/** A domain may be longer than the 63 characters of a label. */
const digestOf = (domain: string): string => createHash("sha256").update(domain).digest("hex").slice(0, 8);

type Agreed = Pick<Config, "tls" | "domain"> & { readonly network: Pick<Config["network"], "balancerIp"> };

/**
 * What the balancer and a server's payload must agree on, as the text of a label: who ends TLS, the balancer's address (the only one that nginx
 * and the host firewall let in), and the site's domain.
 */
export const agreement = ({ tls, network, domain }: Agreed): string =>
  `${tls}-${network.balancerIp}-${digestOf(domain)}`;

/** What the label says besides the domain. */
const readLabel = (label: string) => {
  const [tls = "", balancerIp = "", domain = ""] = label.split("-");
  return { tls, balancerIp, domain };
};

/** What a server was made for that the configuration no longer asks for, in words; empty when they agree. @param label what {@link agreement} said then */
export function disagreements(label: string | undefined, config: Agreed): readonly string[] {
  if (label === undefined) return ["nobody knows what it was made for"];
  const { tls, balancerIp, domain } = readLabel(label);
  return [
    ...(tls === config.tls ? [] : [`tls is "${config.tls}", it was made for "${tls}"`]),
    ...(balancerIp === config.network.balancerIp
      ? []
      : [`network.balancerIp is ${config.network.balancerIp}, it was made for ${balancerIp}`]),
    ...(domain === digestOf(config.domain) ? [] : [`domain is ${config.domain}, it was made for another`]),
  ];
}

/** Where a second balancer makes a change of the agreement possible: the lines that declare the first one. @returns nothing where the domain changes too */
export function formerlyLines(label: string, { domain, loadBalancer }: Agreed & Pick<Config, "loadBalancer">) {
  const { tls, balancerIp, domain: digest } = readLabel(label);
  if (digest !== digestOf(domain)) return undefined;
  const number = loadBalancer.formerly ? loadBalancer.number : other(loadBalancer.number);
  return `loadBalancer: { number: ${number}, formerly: { tls: "${tls}", balancerIp: "${balancerIp}" } }`;
}

const other = (number: 1 | 2): 1 | 2 => (number === 1 ? 2 : 1);

/** The configuration as the balancer before knows it, with its number; `undefined` where the configuration names none. */
export function formerOf(config: Config): Config | undefined {
  const { number, formerly, ...loadBalancer } = config.loadBalancer;
  if (formerly === undefined) return undefined;
  return {
    ...config,
    tls: formerly.tls,
    network: { ...config.network, balancerIp: formerly.balancerIp },
    loadBalancer: { ...loadBalancer, number: other(number) },
  };
}
