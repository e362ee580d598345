import type { ServiceLevelName } from "./definition.js";
import { series, type MonitoringContext } from "./scope.js";

/** A service level over 30 days: the share of requests that must be good. */
export interface ServiceLevel {
  readonly name: ServiceLevelName;
  readonly title: string;
  readonly description: string;
  /** Percentage of good requests. */
  readonly targetPercent: number;
  readonly good: string;
  readonly total: string;
}

/** The service levels of an environment. */
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

/** Highest possible burn rate: every request is bad. An alert above it would never fire. */
export const highestBurnRate = ({ targetPercent }: ServiceLevel): number => 100 / (100 - targetPercent);
