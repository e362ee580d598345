import { balancersOf } from "../../modules/derived/balancer.js";
import type { Config } from "../../modules/config/schema.js";

/** For each server that is a target of a load balancer: whether the server passes this load balancer's health check. */
type Health = ReadonlyMap<string, boolean>;

/** Targets of one load balancer. */
export interface BalancerTargets {
  /** Name of the load balancer. */
  readonly name: string;
  readonly targets: Health;
}

/** Combined result of the health checks of all load balancers. */
export interface TargetHealth {
  /**
   * Active load balancers that find no healthy server although the other load balancer finds one. The fault is then in the load balancer,
   * not in the servers.
   */
  readonly idle: readonly string[];
  /** Returns whether a server is healthy, or `undefined` if the server is not a target of every active load balancer. */
  readonly of: (server: string) => boolean | undefined;
}

const hasHealthy = (health: Health): boolean => [...health.values()].includes(true);

/** Combines the results of load balancers. Returns `undefined` if there is no result, or if one result is unknown. */
const agreed = (opinions: readonly (boolean | undefined)[]): boolean | undefined =>
  opinions.length === 0 || opinions.includes(undefined) ? undefined : opinions.every(Boolean);

/**
 * Combines the health checks of all load balancers. A server is healthy if it passes the health check of every load balancer that is not
 * idle. Pure.
 * @param isCurrent whether a server has the configured payload. A server with an older payload may not accept the second load balancer yet.
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
