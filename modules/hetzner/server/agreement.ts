import { createHash } from "node:crypto";
import { Fn, Op, type Precondition } from "cdktf";
import type { Config } from "../../config/schema.js";
import type { PlatformServer } from "./platform-server.js";

/** A label has 63 characters, a domain more. */
const digestOf = (domain: string): string => createHash("sha256").update(domain).digest("hex").slice(0, 8);

/** What the balancer and a server's payload must agree on: who ends TLS, the one address that nginx and the host firewall let in, the site's names. */
export const agreement = ({ tls, network, domain }: Config): string =>
  `${tls}-${network.balancerIp}-${digestOf(domain)}`;

/**
 * Refuses the plan while a server was born for another balancer than the configuration's: it would answer health checks and no visitor.
 * The labels are those of the server's last deploy, so a replaced server agrees at once.
 */
export const agreesWith = (servers: readonly PlatformServer[], config: Config): readonly Precondition[] =>
  servers.map(({ server, config: { name } }) => ({
    condition: Op.eq(Fn.lookup(server.labels, "balancer", "none"), agreement(config)),
    errorMessage: `Server ${name} was made for another domain, tls or network.balancerIp than the configuration's, and would serve no visitor. See docs/operations.md, "Change domain, TLS mode or the balancer's address".`,
  }));
