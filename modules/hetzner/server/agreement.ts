import { createHash } from "node:crypto";
import type { Config } from "../../config/schema.js";

/** A domain may be longer than the 63 characters of a label. */
const digestOf = (domain: string): string => createHash("sha256").update(domain).digest("hex").slice(0, 8);

/**
 * What the balancer and a server's payload must agree on, as the text of a label: who ends TLS, the balancer's address (the only one that nginx
 * and the host firewall let in), and the site's domain.
 */
export const agreement = ({ tls, network, domain }: Config): string =>
  `${tls}-${network.balancerIp}-${digestOf(domain)}`;
