import type { Problem } from "./problem.js";
import type { Config } from "./schema.js";

/** Problems of the restore point that depend on the current time. */
export function restoreProblems(
  { restore }: { readonly restore?: Pick<NonNullable<Config["restore"]>, "at"> | undefined },
  now: Date,
): readonly Problem[] {
  // "latest" and "before GTID" are not dates, so they are never in the future.
  if (restore === undefined || !(Date.parse(restore.at) > now.getTime())) return [];
  return [
    {
      path: "restore.at",
      rule: `must be in the past (now: ${now.toISOString()})`,
      got: restore.at,
      fix: 'write a past time in UTC, or "latest"',
    },
  ];
}

/** Whether MySQL events, workers and schedules are paused, so that a restored copy sends and charges nothing before an operator allows it. */
export const jobsArePaused = ({ restore }: Pick<Config, "restore">): boolean =>
  restore !== undefined && !restore.startJobs;
