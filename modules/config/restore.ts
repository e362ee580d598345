import type { Problem } from "./problem.js";
import type { Config } from "./schema.js";

/** Why a moment cannot be restored yet. A configuration alone does not tell: the day does. */
export function restoreProblems({ restore }: Pick<Config, "restore">, now: Date): readonly Problem[] {
  // "latest" and "before GTID" are no dates, and never later.
  if (restore === undefined || !(Date.parse(restore.at) > now.getTime())) return [];
  return [
    {
      path: "restore.at",
      rule: `must have passed (it is ${now.toISOString()})`,
      got: restore.at,
      fix: 'write a time that has passed, in UTC, or "latest"',
    },
  ];
}
