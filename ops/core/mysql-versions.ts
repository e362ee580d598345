/** Extracts "9.7.4" from "9.7.4-2", "1:8.4.6-1debian13" or "9.7.4-log"; `undefined` if there is no version. Pure. */
export const mysqlVersionOf = (text: string): string | undefined => /(?:^|:)(\d+\.\d+\.\d+)/.exec(text)?.[1];

const numbers = (version: string): readonly number[] => version.split(".").map(Number);

function compare(left: string, right: string): number {
  const [a, b] = [numbers(left), numbers(right)];
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

const seriesOf = (version: string): string => numbers(version).slice(0, 2).join(".");

/**
 * Returns true for a long-term series of MySQL: 8.4, and x.7 from version 9 on. Within such a series, members with different versions can
 * form a group, and any member can be the primary.
 */
const isLongTerm = (series: string): boolean => {
  const [major = 0, minor = 0] = series.split(".").map(Number);
  return series === "8.4" || (major >= 9 && minor === 7);
};

/**
 * Reason why a member must not be upgraded while the other members keep their versions; `undefined` if there is none. Pure.
 *
 * MySQL's rules ("Combining Different Member Versions in a Group", and Compatibility_module in its source): within one long-term series
 * all versions are compatible. Otherwise a group rejects members whose version is below its lowest, and promotes no member above it. A
 * data directory cannot be downgraded.
 * @param group versions of all running members, including this one
 */
export function mixRefusal(group: readonly string[], own: string, next: string): string | undefined {
  if (compare(next, own) < 0) return `${next} is lower than ${own}, and MySQL cannot downgrade a data directory`;
  const series = seriesOf(next);
  if (series !== seriesOf(own))
    return `${next} belongs to another series than ${own}; change \`database.series\`, and roll out the change`;
  const all = [...group, next];
  if (isLongTerm(series) && all.every((version) => seriesOf(version) === series)) return undefined;
  const lowest = [...group].sort(compare)[0] ?? next;
  return compare(next, lowest) < 0
    ? `the group's lowest version is ${lowest}: it accepts no member with ${next}`
    : undefined;
}
