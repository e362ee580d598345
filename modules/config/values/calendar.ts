import { text } from "./verdict.js";

/** Words for complete expressions. `secondly` is excluded, because runs are limited to one per minute. */
const words = ["minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly", "annually"];

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const longDays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** Weekdays and ranges of weekdays. A range must not wrap from Sunday to Monday. */
function isWeekdays(token: string): boolean {
  const numberOf = (name: string): number => Math.max(days.indexOf(name), longDays.indexOf(name));
  return token
    .toLowerCase()
    .split(",")
    .every((one) => {
      const [first = -1, last = first, ...more] = one.split("..").map(numberOf);
      return first >= 0 && first <= last && more.length === 0;
    });
}

const range = (first: number, last: number, step: number): readonly number[] =>
  Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step);

/**
 * Numbers of a list entry: a number or a range, optionally with a step (systemd.time(7)) that produces at least two numbers.
 * @returns undefined if systemd would reject the entry
 */
function numbersOfEntry(entry: string, least: number, most: number): readonly number[] | undefined {
  const [found, first, last, step] = /^(\d{1,4})(?:\.\.(\d{1,4}))?(?:\/(\d{1,4}))?$/.exec(entry) ?? [];
  const [from, to, by] = [Number(first), Number(last ?? most), Number(step ?? 1)];
  if (found === undefined || from < least || from > most) return undefined;
  if (last === undefined && step === undefined) return [from];
  return by > 0 && from <= to && to <= most && from + by <= most ? range(from, to, by) : undefined;
}

/** Numbers of a component of a date or time: `*` or a list. @returns undefined if systemd would reject the component */
function numbersOf(part: string, least: number, most: number): readonly number[] | undefined {
  if (part === "*") return range(least, most, 1);
  const entries = part.split(",").map((entry) => numbersOfEntry(entry, least, most));
  return entries.some((numbers) => numbers === undefined) ? undefined : entries.flatMap((numbers) => numbers ?? []);
}

/** Whether at least one of these dates exists; February 30 does not. */
const isOnCalendar = (years: readonly number[], months: readonly number[], days: readonly number[]): boolean =>
  months.some((month) =>
    days.some((day) => years.some((year) => new Date(Date.UTC(year, month - 1, day)).getUTCMonth() === month - 1)),
  );

function isDate(token: string): boolean {
  const parts = token.split("-");
  if (parts.length !== 2 && parts.length !== 3) return false;
  const [day = "", month = "", year = "*"] = parts.reverse();
  const [years, months, days] = [numbersOf(year, 1970, 2199), numbersOf(month, 1, 12), numbersOf(day, 1, 31)];
  return years !== undefined && months !== undefined && days !== undefined && isOnCalendar(years, months, days);
}

/** Only one second is allowed, so that there is at most one run per minute. */
function isTime(token: string): boolean {
  const [hour = "", minute = "", second = "0", ...more] = token.split(":");
  return (
    more.length === 0 &&
    numbersOf(hour, 0, 23) !== undefined &&
    numbersOf(minute, 0, 59) !== undefined &&
    /^[0-5]?\d$/.test(second)
  );
}

/** Time zones that Debian's servers do not have, because they are in the package tzdata-legacy. */
const retiredZones =
  "Africa/Asmera America/Argentina/ComodRivadavia America/Buenos_Aires America/Catamarca America/Cordoba America/Fort_Wayne America/Godthab America/Indianapolis America/Jujuy America/Knox_IN America/Louisville America/Mendoza America/Rosario Antarctica/South_Pole Asia/Ashkhabad Asia/Calcutta Asia/Choibalsan Asia/Chungking Asia/Dacca Asia/Katmandu Asia/Macao Asia/Rangoon Asia/Saigon Asia/Thimbu Asia/Ujung_Pandang Asia/Ulan_Bator Atlantic/Faeroe Australia/ACT Australia/LHI Australia/NSW Australia/North Australia/Queensland Australia/South Australia/Tasmania Australia/Victoria Australia/West Europe/Kiev Europe/Uzhgorod Europe/Zaporozhye Pacific/Enderbury Pacific/Ponape Pacific/Truk".split(
    " ",
  );

/** A time zone below a continent or an ocean; all others are retired. Zones are file names on servers, so capitals matter. */
const place =
  /^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)\/[A-Za-z/_+-]+\d*$/;

function isZone(token: string): boolean {
  if (token === "UTC") return true;
  if (!place.test(token) || retiredZones.includes(token)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: token }).resolvedOptions();
    return timeZone === token || timeZone.toLowerCase() !== token.toLowerCase();
  } catch {
    return false;
  }
}

/** Whether systemd accepts the text: optional weekdays, date, time and time zone, in this order. */
function isCalendar(value: string): boolean {
  if (words.includes(value)) return true;
  const tokens = value.split(" ");
  const kinds = [isWeekdays, isDate, isTime, isZone];
  let next = 0;
  for (const token of tokens) {
    const kind = kinds.findIndex((fits, index) => index >= next && fits(token));
    if (kind < 0) return false;
    next = kind + 1;
  }
  return !isZone(tokens[0] ?? "");
}

/** Times of runs in the format of systemd's `OnCalendar=`, at most one per minute. */
export const calendar = text((value) =>
  isCalendar(value)
    ? undefined
    : {
        rule: "must be a calendar expression of systemd, with at most one run per minute",
        fix: 'write it as "daily", "*-*-* 03:15:00" or "Mon..Fri 06:00 Europe/Berlin"; test it with `systemd-analyze calendar`',
      },
);
