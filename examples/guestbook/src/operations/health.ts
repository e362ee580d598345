import type { ReachabilityState } from "../database/reachability.js";
import { limits } from "../limits.js";

/** An answer of yes or no, with the reason for a no. */
export interface Health {
  readonly ok: boolean;
  /** Why it is not ok. @default - absent when ok */
  readonly reason?: string;
}

/** What {@link liveness} looks at. */
export interface LivenessFacts {
  readonly sides: readonly ReachabilityState[];
  /** The process is stopping and nobody inherits its listening socket. */
  readonly leaving: boolean;
  readonly nowMs: number;
}

/**
 * May this server take requests? The balancer acts on it, so it must not fail on all servers at once without need:
 * - The database failing over (7-8 s) is no reason; requests wait for the new primary, and every server would leave together.
 * - One side alone (no primary, or no replica) is no reason: pages still work, or reads use the primary.
 * - Both sides silent for 30 s is: this server alone has lost its way to the database, or there is nothing left to lose.
 * - A process that has not reached the database yet is not ready for visitors.
 * - Stopping is no reason while systemd holds the socket: requests are served until the end, and the next process takes over.
 */
export const liveness = ({ sides, leaving, nowMs }: LivenessFacts): Health => {
  if (leaving) return { ok: false, reason: "shutting down" };
  const answers = sides.flatMap(({ lastAnswerAt }) => (lastAnswerAt === undefined ? [] : [lastAnswerAt]));
  if (answers.length === 0) return { ok: false, reason: `the database was not reached yet: ${reasons(sides)}` };
  const silentSeconds = Math.floor((nowMs - Math.max(...answers)) / 1000);
  if (silentSeconds < limits.health.unreachableSeconds) return { ok: true };
  return { ok: false, reason: `the database has not answered for ${silentSeconds} s: ${reasons(sides)}` };
};

const reasons = (sides: readonly ReachabilityState[]): string =>
  [...new Set(sides.map(({ reason }) => reason ?? "no answer"))].join("; ");
