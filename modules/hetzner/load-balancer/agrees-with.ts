import { Fn, Op, conditional, type IResolvable, type Precondition } from "cdktf";
import { agreement } from "../../derived/agreement.js";
import type { Config } from "../../config/schema.js";
import type { PlatformServer } from "../server/index.js";

const labelOf = ({ server }: PlatformServer): IResolvable =>
  Fn.lookup(server.labels, "balancer", "none") as IResolvable;

/**
 * Returns an expression that is true if a server was created for a load balancer contract. The expression reads the
 * server's label, which Terraform set when it created the server.
 */
export const madeFor = (server: PlatformServer, agreed: string): IResolvable => Op.eq(labelOf(server), agreed);

/** The previous load balancer during a migration. */
export interface PreviousBalancer {
  /** Configuration of the environment with the previous load balancer. */
  readonly former: Config;
  /** Expression that is true while the previous load balancer exists. */
  readonly both: IResolvable;
}

/**
 * Returns a precondition that makes a plan fail if a server was created for a load balancer that does not exist. Such a server would pass
 * health checks but reject visitors.
 * @param before the previous load balancer during a migration @default - none
 */
export const agreesWith = (
  servers: readonly PlatformServer[],
  config: Config,
  before?: PreviousBalancer,
): readonly Precondition[] => {
  const now = agreement(config);
  const known = before && [now, conditional(before.both, agreement(before.former), now)];
  return servers.map((server) => ({
    condition: known ? (Fn.contains(known, labelOf(server)) as IResolvable) : madeFor(server, now),
    errorMessage: `Server ${server.config.name} was created for a domain, tls or network.balancerIp that differs from the configuration, so it would serve no visitors. Run npm run ops rollout to see the required settings.`,
  }));
};
