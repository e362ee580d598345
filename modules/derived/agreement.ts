import { createHash } from "node:crypto";
import { formerDomain, type Config } from "../config/schema.js";

/** Returns a short digest of a domain, because a domain can be longer than a label's maximum of 63 characters. */
const digestOf = (domain: string): string => createHash("sha256").update(domain).digest("hex").slice(0, 8);

type Agreed = Pick<Config, "tls" | "domain"> & { readonly network: Pick<Config["network"], "balancerIp"> };

/**
 * Returns the load balancer contract as the text of a label: TLS mode, domain and private address of the load balancer.
 * These settings must be equal in the load balancer and in the payload of a server. nginx and the host firewall accept
 * requests only from this address.
 */
export const agreement = ({ tls, network, domain }: Agreed): string =>
  `${tls}-${network.balancerIp}-${digestOf(domain)}`;

/** Splits the label of a load balancer contract into its values. */
const readLabel = (label: string) => {
  const [tls = "", balancerIp = "", domain = ""] = label.split("-");
  return { tls, balancerIp, domain };
};

/**
 * Returns the differences between a server's load balancer contract and the configuration as text. The list is empty if
 * there is no difference.
 * @param label result of {@link agreement} when the server was created
 */
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
 * Returns the lines of an environment's file that declare the previous load balancer for a migration.
 * @param label the servers' current load balancer contract
 * @param isUnderWay true if the configuration already declares an existing previous load balancer, so that the load
 * balancer's number must not change
 * @returns `undefined` if the load balancer contract of the servers is unknown
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

/** Returns the configuration of the previous load balancer with its number, or `undefined` if there is no previous load balancer. */
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
