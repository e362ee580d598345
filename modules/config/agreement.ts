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
  if (label === undefined) return ["the server's configuration is unknown"];
  const { tls, balancerIp, domain } = readLabel(label);
  return [
    ...(tls === config.tls ? [] : [`tls is "${config.tls}", it was made for "${tls}"`]),
    ...(balancerIp === config.network.balancerIp
      ? []
      : [`network.balancerIp is ${config.network.balancerIp}, it was made for ${balancerIp}`]),
    ...(domain === digestOf(config.domain) ? [] : [`domain is ${config.domain}, it was made for another`]),
  ];
}

/**
 * The lines of an environment that declare a balancer before, so that another one can take over from it.
 * @param label what the servers were made for
 * @param isUnderWay whether the configuration names one already that is still there, so that the numbers are right
 * @returns nothing where nobody knows what they were made for
 */
export function formerlyLines(label: string | undefined, config: Config, isUnderWay: boolean) {
  if (label === undefined || !label.includes("-")) return undefined;
  const { tls, balancerIp, domain } = readLabel(label);
  const numberOf = (number: 1 | 2): 1 | 2 => (isUnderWay ? number : other(number));
  const isMoved = domain !== digestOf(config.domain);
  return [
    `loadBalancer: { number: ${numberOf(config.loadBalancer.number)}, formerly: { ${isMoved ? 'domain: "THE ONE UNTIL NOW", ' : ""}tls: "${tls}", balancerIp: "${balancerIp}" } }`,
    "network.balancerIp: another address than the one before, for both balancers stand side by side",
    ...(isMoved
      ? [
          `cloudflare.number: ${numberOf(config.cloudflare.number)}`,
          `certificate.generation: ${config.certificate.generation + (isUnderWay ? 0 : 1)}`,
        ]
      : []),
  ].join("\n  ");
}

const other = (number: 1 | 2): 1 | 2 => (number === 1 ? 2 : 1);

/** The domain that the site had before, where the configuration names another one as such. */
export function formerDomain({ domain, loadBalancer: { formerly } }: Pick<Config, "domain" | "loadBalancer">) {
  return formerly?.domain === domain ? undefined : formerly?.domain;
}

/** The configuration as the balancer before knows it, with its number; `undefined` where the configuration names none. */
export function formerOf(config: Config): Config | undefined {
  const { number, formerly, ...loadBalancer } = config.loadBalancer;
  if (formerly === undefined) return undefined;
  const { tls, balancerIp, zoneName } = formerly;
  const domain = formerDomain(config);
  return {
    ...config,
    ...(domain !== undefined && {
      domain,
      cloudflare: { ...config.cloudflare, number: other(config.cloudflare.number), zoneName },
    }),
    tls,
    network: { ...config.network, balancerIp },
    loadBalancer: { ...loadBalancer, number: other(number) },
  };
}
