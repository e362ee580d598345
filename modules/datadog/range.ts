import type { Comparison, AlertCondition } from "./definition.js";
import { comparisonOf, lastResults } from "./query.js";
import type { MonitoringContext } from "./scope.js";
import { highestBurnRate, serviceLevels } from "./service-levels.js";
import { looksUp } from "./thresholds.js";

/** Possible values of a condition's measured value. */
interface Range {
  /** Text that completes "must be" in a message, for example "a percentage". */
  readonly unit: string;
  readonly least: number;
  /** Largest possible value. @default - no limit */
  readonly most?: number;
  /** True if the values are integers. @default false */
  readonly whole?: boolean;
}

const share: Range = { unit: "a share", least: 0, most: 1 };
const percentage: Range = { unit: "a percentage", least: 0, most: 100 };
const wholeNumber: Range = { unit: "a whole number", least: 0, whole: true };

/** Ranges of metrics with an upper limit or integer values. Each key is a part of the metric's name or formula. */
const metricRanges: Readonly<Record<string, Range>> = {
  "100 * ": percentage,
  "system.cpu.idle": percentage,
  "system.disk.in_use": share,
  "system.fs.inodes.in_use": share,
  "system.mem.pct_usable": share,
  "system.disk.directory.files": wholeNumber,
};

const membersOf = ({ databaseMembers }: MonitoringContext): Range => ({
  unit: "a number of database members",
  least: 0,
  most: databaseMembers,
  whole: true,
});

function rangeOf(condition: AlertCondition, context: MonitoringContext): Range {
  switch (condition.kind) {
    case "check":
      // The query evaluates a fixed number of results. The threshold must be smaller than this number, so that at least
      // one result can end the alert.
      return { unit: "a whole number of results in a row", least: 0, most: lastResults - 1, whole: true };
    case "anomaly":
      return share;
    case "log":
      return wholeNumber;
    case "burn": {
      const level = serviceLevels(context).find(({ name }) => name === condition.serviceLevel);
      return { unit: "a burn rate", least: 1, most: level && highestBurnRate(level) };
    }
    case "metric":
    case "forecast": {
      if (condition.series.includes("member_status")) return membersOf(context);
      const known = Object.keys(metricRanges).find((part) => condition.series.includes(part));
      return (known && metricRanges[known]) || { unit: "a number", least: 0 };
    }
    case "composite":
      return { unit: "nothing", least: 0 };
  }
}

/** States whether a threshold at the minimum or at the maximum would make an alert that never begins or never ends. */
type OpenEnds = Readonly<Record<"least" | "most", boolean>>;

const openEnds: Readonly<Record<Comparison, OpenEnds>> = {
  ">": { least: false, most: true },
  ">=": { least: true, most: false },
  "<": { least: true, most: false },
  "<=": { least: false, most: true },
};

function isWithin(threshold: number, { least, most = Infinity, whole = false }: Range, open: OpenEnds): boolean {
  const isOpenEnd = (open.least && threshold === least) || (open.most && threshold === most);
  return threshold >= least && threshold <= most && !isOpenEnd && (!whole || Number.isInteger(threshold));
}

/**
 * Checks that a monitor with this threshold can both alert and recover.
 * @returns the text of the rule, or nothing if the threshold satisfies the rule
 */
export function thresholdRule(
  threshold: number,
  condition: AlertCondition,
  context: MonitoringContext,
): string | undefined {
  const range = rangeOf(condition, context);
  const { unit, least, most = Infinity } = range;
  const open = openEnds[comparisonOf(condition)];
  if (isWithin(threshold, range, open)) return undefined;
  const from = `${open.least ? "above" : "at least"} ${least}`;
  const to = most === Infinity ? "" : ` and ${open.most ? "below" : "at most"} ${most}`;
  const alerting = looksUp(comparisonOf(condition)) ? "larger" : "smaller";
  return `must be ${unit}, ${from}${to}, because ${alerting} values alert`;
}
