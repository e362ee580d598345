import type { Problem } from "./problem.js";
import type { Config } from "./schema.js";

/** Returns problems of the requested restore time that depend on the current time, for example a time in the future. */
export function restoreProblems(
  { restore }: { readonly restore?: Pick<NonNullable<Config["restore"]>, "at"> | undefined },
  now: Date,
): readonly Problem[] {
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

/**
 * Returns true if MySQL events, workers and schedules are paused. On restored data, jobs must not run until an operator
 * allows them, because jobs could send mails or charge customers.
 */
export const jobsArePaused = ({ restore }: Pick<Config, "restore">): boolean =>
  restore !== undefined && !restore.startJobs;
