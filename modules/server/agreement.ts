import { Fn, Op, type TerraformResourceLifecycle } from "cdktf";
import type { Config } from "../config/schema.js";
import type { PlatformServer } from "./platform-server.js";

/** What the balancer and a server's payload must agree on: who ends TLS, and the one address that nginx and the host firewall let in. */
export const agreement = ({ tls, network }: Config): string => `${tls}-${network.balancerIp}`;

/**
 * Refuses the plan while a server was born for another balancer than the configuration's: it would answer health checks and no visitor.
 * The labels are those of the server's last deploy, so a replaced server agrees at once.
 */
export const agreesWith = (
  servers: readonly PlatformServer[],
  config: Config,
): NonNullable<TerraformResourceLifecycle["precondition"]> =>
  servers.map(({ server, config: { name } }) => ({
    condition: Op.eq(Fn.lookup(server.labels, "balancer", "none"), agreement(config)),
    errorMessage: `Server ${name} was made for another tls or network.balancerIp than the configuration's, and would serve no visitor. See docs/operations.md, "Change TLS mode or the balancer's address".`,
  }));
