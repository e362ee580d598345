import type { ServiceLevelName } from "./definition.js";
import { series, type MonitoringContext } from "./scope.js";

/** A service level: the percentage of requests within 30 days that must be good. */
export interface ServiceLevel {
  readonly name: ServiceLevelName;
  readonly title: string;
  readonly description: string;
  /** Minimum percentage of good requests. */
  readonly targetPercent: number;
  readonly good: string;
  readonly total: string;
}

/** Returns the service levels of an environment. */
export function serviceLevels({ config, env, metrics }: MonitoringContext): readonly ServiceLevel[] {
  const { availabilityPercent, latencyPercent, latencySeconds } = config.monitoring.serviceLevels;
  const requests = (...tags: string[]): string => `${series("sum", metrics.requests, [env, ...tags])}.as_count()`;
  return [
    {
      name: "availability",
      title: "Requests succeed",
      description: "Share of visitors' requests that nginx answered without a 5xx status.",
      targetPercent: availabilityPercent,
      good: requests("!status_class:5xx"),
      total: requests(),
    },
    {
      name: "latency",
      title: "Requests are fast",
      description: `Share of visitors' requests that nginx answered within ${latencySeconds} s.`,
      targetPercent: latencyPercent,
      good: requests("speed:fast"),
      total: requests(),
    },
  ];
}

/**
 * Returns the maximum burn rate of the error budget, at which every request is bad. A monitor with a higher threshold
 * would never alert.
 */
export const highestBurnRate = ({ targetPercent }: ServiceLevel): number => 100 / (100 - targetPercent);
