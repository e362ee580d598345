import { spawnSync } from "node:child_process";
import memoize from "memoize";
import { text } from "./verdict.js";

const entry = String.raw`\d{1,4}(?:\.\.\d{1,4})?(?:/\d{1,4})?`;
const part = String.raw`(?:\*|${entry}(?:,${entry})*)`;
const day = "(?:[Mm]on|[Tt]ue|[Ww]ed|[Tt]hu|[Ff]ri|[Ss]at|[Ss]un)[a-z]*";
const days = String.raw`${day}(?:\.\.${day})?`;
const weekdays = `${days}(?:,${days})*`;
const date = `(?:${part}-)?${part}-${part}`;
/**
 * Pattern of a time of day. Lists of seconds and `secondly` are excluded, so that a job runs at most once per minute.
 */
const time = String.raw`${part}:${part}(?::[0-5]?\d)?`;
const words = "minutely|hourly|daily|weekly|monthly|quarterly|semiannually|yearly|annually";
/**
 * Pattern of a time zone. Retired time zones (names without a continent or an ocean) are excluded, because Debian does not install them.
 */
const zone = String.raw`UTC|(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)/[A-Za-z/_+-]+\d*`;
const pattern = new RegExp(
  `^(?:${words}|(?=\\S)(?:${weekdays})?(?:(?:^| )${date})?(?:(?:^| )${time})?(?: (?:${zone}))?)$`,
);

/**
 * Returns true if systemd calculates a next run. On a computer without systemd, returns true, so servers report the
 * error instead.
 */
const hasNextRun = memoize((value: string): boolean => {
  const { error, status, stdout } = spawnSync("systemd-analyze", ["calendar", value], { encoding: "utf8" });
  return error !== undefined || (status === 0 && !stdout.includes("Next elapse: never"));
});

/** Run times of a job in the format of systemd's `OnCalendar=`, at most one run per minute. */
export const calendar = text((value) =>
  pattern.test(value) && hasNextRun(value)
    ? undefined
    : {
        rule: "must be a calendar expression of systemd with a run in the future, and with at most one run per minute",
        fix: 'write it as "daily", "*-*-* 03:15:00" or "Mon..Fri 06:00 Europe/Berlin"; test it with `systemd-analyze calendar`',
      },
);
