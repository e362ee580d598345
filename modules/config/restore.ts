import type { Problem } from "./problem.js";
import type { Config } from "./schema.js";

/** Why a moment cannot be restored yet. A configuration alone does not tell: the day does. */
export function restoreProblems(
  { restore }: { readonly restore?: Pick<NonNullable<Config["restore"]>, "at"> | undefined },
  now: Date,
): readonly Problem[] {
  // "latest" and "before GTID" are no dates, and never later.
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

/** Whether MySQL events, workers and schedules do not run: a restored copy must not send or charge anything before an operator wants it. */
export const jobsArePaused = ({ restore }: Pick<Config, "restore">): boolean =>
  restore !== undefined && !restore.startJobs;
