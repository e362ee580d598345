import { text } from "./verdict.js";

/** The words that stand for whole expressions; those for seconds and minutes are left out with what comes more often than once a minute. */
const words = ["minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly", "annually"];

const day = "(mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday)";
const weekdays = new RegExp(String.raw`^${day}(\.\.${day})?(,${day}(\.\.${day})?)*$`, "i");

/** One part of a date or a time: numbers, ranges and steps, as systemd.time(7) has them. */
function isComponent(part: string, least: number, most: number): boolean {
  return part.split(",").every((one) => {
    const found = /^(\*|(\d{1,4})(\.\.(\d{1,4}))?)(\/(\d{1,4}))?$/.exec(one);
    if (!found) return false;
    const [, , first, , last = first, , step = "1"] = found;
    if (Number(step) < 1) return false;
    if (first === undefined) return true;
    return Number(first) >= least && Number(first) <= Number(last) && Number(last) <= most;
  });
}

function isDate(token: string): boolean {
  const parts = token.split("-");
  const [day = "", month = "", year = "*"] = parts.reverse();
  return (
    (parts.length === 2 || parts.length === 3) &&
    isComponent(year, 1970, 2199) &&
    isComponent(month, 1, 12) &&
    isComponent(day, 1, 31)
  );
}

/** The second is one number, so that a time comes once a minute at most. */
function isTime(token: string): boolean {
  const [hour = "", minute = "", second = "0", ...more] = token.split(":");
  return (
    more.length === 0 &&
    token.includes(":") &&
    isComponent(hour, 0, 23) &&
    isComponent(minute, 0, 59) &&
    /^[0-5]?\d$/.test(second)
  );
}

function isZone(token: string): boolean {
  if (token === "UTC") return true;
  if (!/^[A-Z][A-Za-z]+\/[A-Za-z/_-]+$/.test(token)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: token });
    return true;
  } catch {
    return false;
  }
}

/** Whether systemd reads it, too: weekdays, a date, a time and a time zone, each of which may be left out, in this order. */
function isCalendar(value: string): boolean {
  if (words.includes(value)) return true;
  const tokens = value.split(" ");
  const kinds = [(one: string) => weekdays.test(one), isDate, isTime, isZone];
  let next = 0;
  for (const token of tokens) {
    const kind = kinds.findIndex((fits, index) => index >= next && fits(token));
    if (kind < 0) return false;
    next = kind + 1;
  }
  return !isZone(tokens[0] ?? "");
}

/** When something runs, as systemd's `OnCalendar=`, at most once a minute. */
export const calendar = text((value) =>
  isCalendar(value)
    ? undefined
    : {
        rule: "must be a calendar expression of systemd, of at most one time a minute",
        fix: 'write it as "daily", "*-*-* 03:15:00" or "Mon..Fri 06:00 Europe/Berlin"; `systemd-analyze calendar` explains one',
      },
);
