import { createHash } from "node:crypto";
import { formerDomain, type Config } from "../config/schema.js";

/** A digest, because a domain can exceed the 63 characters of a label. */
const digestOf = (domain: string): string => createHash("sha256").update(domain).digest("hex").slice(0, 8);

type Agreed = Pick<Config, "tls" | "domain"> & { readonly network: Pick<Config["network"], "balancerIp"> };

/**
 * The load balancer contract as the text of a label. The load balancer and a server's payload must agree on the TLS mode, the site's
 * domain, and the load balancer's address. nginx and the host firewall accept requests only from that address.
 */
export const agreement = ({ tls, network, domain }: Agreed): string =>
  `${tls}-${network.balancerIp}-${digestOf(domain)}`;

/** The components of a label. */
const readLabel = (label: string) => {
  const [tls = "", balancerIp = "", domain = ""] = label.split("-");
  return { tls, balancerIp, domain };
};

/** Differences between a server's load balancer contract and the configuration, in words; empty if both agree. @param label result of {@link agreement} when the server was created */
export function disagreements(label: string | undefined, config: Agreed): readonly string[] {
  if (label === undefined) return ["the server's configuration is unknown"];
  const { tls, balancerIp, domain } = readLabel(label);
  return [
    ...(tls === config.tls ? [] : [`tls is "${config.tls}", but the server was created for "${tls}"`]),
    ...(balancerIp === config.network.balancerIp
      ? []
      : [`network.balancerIp is ${config.network.balancerIp}, but the server was created for ${balancerIp}`]),
    ...(domain === digestOf(config.domain)
      ? []
      : [`domain is ${config.domain}, but the server was created for another domain`]),
  ];
}

/**
 * The lines of an environment that declare the previous load balancer for a migration.
 * @param label the servers' current load balancer contract
 * @param isUnderWay whether the configuration already declares an existing previous load balancer, so that the numbers are correct
 * @returns undefined if the servers' contract is unknown
 */
export function formerlyLines(label: string | undefined, config: Config, isUnderWay: boolean) {
  if (label === undefined || !label.includes("-")) return undefined;
  const { tls, balancerIp, domain } = readLabel(label);
  const numberOf = (number: 1 | 2): 1 | 2 => (isUnderWay ? number : other(number));
  const isMoved = domain !== digestOf(config.domain);
  return [
    `loadBalancer: { number: ${numberOf(config.loadBalancer.number)}, formerly: { ${isMoved ? 'domain: "THE ONE UNTIL NOW", ' : ""}tls: "${tls}", balancerIp: "${balancerIp}" } }`,
    "network.balancerIp: choose another address than the previous one, because both load balancers exist at the same time",
    ...(isMoved
      ? [
          `cloudflare.number: ${numberOf(config.cloudflare.number)}`,
          `certificate.generation: ${config.certificate.generation + (isUnderWay ? 0 : 1)}`,
        ]
      : []),
  ].join("\n  ");
}

const other = (number: 1 | 2): 1 | 2 => (number === 1 ? 2 : 1);

/** The configuration of the previous load balancer, with its number; `undefined` if the configuration has none. */
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
