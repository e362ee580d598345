import { Fn, Op, conditional, type IResolvable, type Precondition } from "cdktf";
import { agreement } from "../../config/agreement.js";
import type { Config } from "../../config/schema.js";
import type { PlatformServer } from "../server/index.js";

const labelOf = ({ server }: PlatformServer): IResolvable =>
  Fn.lookup(server.labels, "balancer", "none") as IResolvable;

/** Whether a server was made for an agreement: by the label that it got then, so a replaced server agrees at once. */
export const madeFor = (server: PlatformServer, agreed: string): IResolvable => Op.eq(labelOf(server), agreed);

/** A balancer that another one takes over from. */
export interface PreviousBalancer {
  /** The environment as that balancer knows it. */
  readonly former: Config;
  /** Whether it is still there. */
  readonly both: IResolvable;
}

/**
 * Refuses the plan while a server was made for another balancer than there is: it would answer health checks and no visitor.
 * @param before the balancer beside this one @default - there is none
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
