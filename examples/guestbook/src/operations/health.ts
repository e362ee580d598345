import type { ReachabilityState } from "../database/reachability.js";
import { limits } from "../limits.js";

/** Result of a check, with the reason of a failure. */
export interface Health {
  readonly ok: boolean;
  /** Reason of the failure. @default - absent if the check succeeded */
  readonly reason?: string;
}

/** Inputs of {@link liveness}. */
export interface LivenessFacts {
  readonly endpoints: readonly ReachabilityState[];
  /** True if the process is stopping and no other process inherits its listening socket. */
  readonly leaving: boolean;
  readonly nowMs: number;
}

/**
 * Returns true if this server can serve requests. The load balancer uses the result, so the check must not fail on all servers at once
 * without need.
 * - During a failover (7 to 8 s), the server stays healthy because requests wait for the new primary. Otherwise all servers would become
 * unhealthy at once.
 * - If one side fails (no primary, or no replica), the server stays healthy, because pages still work or reads use the primary.
 * - If both sides have not answered for 30 s, the server is unhealthy. Either it has lost its connection to the database, or the whole
 * database is down.
 * - If a process has not reached the database yet, it is unhealthy.
 * - If systemd has the listening socket, a stopping process stays healthy, because it answers all requests and the next process continues.
 */
export const liveness = ({ endpoints, leaving, nowMs }: LivenessFacts): Health => {
  if (leaving) return { ok: false, reason: "shutting down" };
  const answers = endpoints.flatMap(({ lastAnswerAt }) => (lastAnswerAt === undefined ? [] : [lastAnswerAt]));
  if (answers.length === 0) return { ok: false, reason: `the database was not reached yet: ${reasons(endpoints)}` };
  const silentSeconds = Math.floor((nowMs - Math.max(...answers)) / 1000);
  if (silentSeconds < limits.health.unreachableSeconds) return { ok: true };
  return { ok: false, reason: `the database has not answered for ${silentSeconds} s: ${reasons(endpoints)}` };
};

const reasons = (endpoints: readonly ReachabilityState[]): string =>
  [...new Set(endpoints.map(({ reason }) => reason ?? "no answer"))].join("; ");
