import { balancersOf } from "../../modules/derived/balancer.js";
import type { Config } from "../../modules/config/schema.js";

/** Whether each target of a load balancer passes its health check there, by server. */
type Health = ReadonlyMap<string, boolean>;

/** Targets of one load balancer. */
export interface BalancerTargets {
  /** Name of the load balancer. */
  readonly name: string;
  readonly targets: Health;
}

/** Health of the web servers at all load balancers. */
export interface TargetHealth {
  /** Active load balancers that find no server healthy while the other one does: they are at fault, not the servers. */
  readonly idle: readonly string[];
  /** @returns `undefined` if the server is not a target of every active load balancer */
  readonly of: (server: string) => boolean | undefined;
}

const hasHealthy = (health: Health): boolean => [...health.values()].includes(true);

/** `undefined` if there is no opinion, or an unknown one. */
const agreed = (opinions: readonly (boolean | undefined)[]): boolean | undefined =>
  opinions.length === 0 || opinions.includes(undefined) ? undefined : opinions.every(Boolean);

/**
 * Combines the health checks of all load balancers: a server is healthy if every load balancer that is not idle finds it healthy. Pure.
 * @param isCurrent whether a server has the configured payload; an older payload may not accept the second load balancer yet
 */
export function targetHealth(
  config: Config,
  balancers: readonly BalancerTargets[],
  isCurrent: (server: string) => boolean,
): TargetHealth {
  const [first, second] = balancersOf(config).map(({ name }) => ({
    name,
    health: balancers.find((one) => one.name === name)?.targets ?? new Map<string, boolean>(),
  }));
  // During a migration each server is the target of one of two load balancers.
  if (first === undefined || second === undefined)
    return {
      idle: [],
      of: (server) => agreed(balancers.flatMap(({ targets }) => (targets.has(server) ? [targets.get(server)] : []))),
    };
  const counted = [
    first,
    { name: second.name, health: new Map([...second.health].filter(([server]) => isCurrent(server))) },
  ];
  const idle = counted.filter(
    ({ health }) => health.size > 0 && !hasHealthy(health) && counted.some((other) => hasHealthy(other.health)),
  );
  return {
    idle: idle.map(({ name }) => name),
    of: (server) =>
      agreed(
        [first, ...(isCurrent(server) ? [second] : [])]
          .filter(({ name }) => !idle.some((one) => one.name === name))
          .map(({ health }) => health.get(server)),
      ),
  };
}
