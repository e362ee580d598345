import { createHash } from "node:crypto";
import type { Config } from "../../config/schema.js";

/** A label has 63 characters, a domain more. */
const digestOf = (domain: string): string => createHash("sha256").update(domain).digest("hex").slice(0, 8);

/** What the balancer and a server's payload must agree on: who ends TLS, the one address that nginx and the host firewall let in, the site's names. */
export const agreement = ({ tls, network, domain }: Config): string =>
  `${tls}-${network.balancerIp}-${digestOf(domain)}`;
