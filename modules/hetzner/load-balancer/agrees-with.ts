import { Fn, Op, type Precondition } from "cdktf";
import type { Config } from "../../config/schema.js";
import { agreement, type PlatformServer } from "../server/index.js";

/**
 * Refuses the plan while a server was made for another balancer than the configured one: it would answer health checks and no visitor.
 * Compared is the label that the server got when it was made, so a replaced server agrees at once.
 */
export const agreesWith = (servers: readonly PlatformServer[], config: Config): readonly Precondition[] =>
  servers.map(({ server, config: { name } }) => ({
    condition: Op.eq(Fn.lookup(server.labels, "balancer", "none"), agreement(config)),
    errorMessage: `Server ${name} was made for another domain, tls or network.balancerIp than the configuration's, and would serve no visitor. See docs/changes.md, "Change domain, TLS mode or the balancer's address".`,
  }));
