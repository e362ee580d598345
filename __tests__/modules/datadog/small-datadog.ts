/** Values of a metric that an agent sends, one per minute. Minute 0 is the current minute; undefined means that the agent sent nothing. */
export interface Sent {
  readonly metric: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly at: (minutesAgo: number) => number | undefined;
}

/** A log line with facets such as `status` and `@error.code`. */
export interface Line {
  readonly service: string;
  readonly text: string;
  /** Facets of the line by name. @default - none */
  readonly facets?: Readonly<Record<string, string>>;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const quantile = (share: number) => (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? NaN;
const aggregations: Readonly<Record<string, (values: readonly number[]) => number>> = {
  avg: (values) => sum(values) / values.length,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  sum,
  p50: quantile(0.5),
  p95: quantile(0.95),
  percentile: (values) => Math.max(...values),
};
/** Aggregates the values. Returns NaN if no value exists. */
const aggregated = (how: string, values: readonly (number | undefined)[]): number => {
  const there = values.filter((value) => value !== undefined && !Number.isNaN(value)) as number[];
  return there.length === 0 ? NaN : (aggregations[how]?.(there) ?? NaN);
};

/** Matches the query of a metric, for example `max:system.disk.in_use{env:production} by {server}`. */
const queryOfMetric = /(\w+):([\w.]+)\{([^}]*)\}(?: by \{([^}]*)\})?(\.as_count\(\))?/g;

/** Returns the value of a formula for each group, for example "server:alpha". A count is the sum over all given minutes. */
function valuesOf(series: string, sent: readonly Sent[], minutes: readonly number[]): ReadonlyMap<string, number> {
  const by = [...series.matchAll(queryOfMetric)].flatMap(([, , , , groups]) => groups?.split(",") ?? []);
  const groupOf = ({ tags }: Sent): string => [...new Set(by)].map((name) => `${name}:${tags[name]}`).join();
  const asked = sent.filter(({ metric }) => series.includes(`:${metric}{`));
  const groups = new Set(by.length === 0 ? [""] : asked.map(groupOf));
  const valueOf = (group: string): number => {
    const terms = series
      .replace(queryOfMetric, (_, how: string, metric: string, filters: string) => {
        const wanted = filters.split(",").map((filter) => filter.split(/:(.*)/));
        const ones = asked.filter(
          (one) =>
            one.metric === metric &&
            groupOf(one) === group &&
            wanted.every(([name = "", value]) => one.tags[name] === value),
        );
        return String(
          aggregated(
            how,
            ones.flatMap(({ at }) => minutes.map(at)),
          ),
        );
      })
      .replace(/default_zero\((\S+?)\)/g, (_, value: string) => String(Number(value) || 0))
      .replace(/abs\((\S+?)\)/g, (_, value: string) => String(Math.abs(Number(value))))
      .split(" ");
    return terms.reduce(
      (total, term, index) =>
        terms[index - 1] === "*" ? total * Number(term) : terms[index - 1] === "/" ? total / Number(term) : total,
      Number(terms[0]),
    );
  };
  return new Map([...groups].map((group) => [group, valueOf(group)]));
}

/** Returns the value of a series in the last minute, by group. */
export const lastOf = (series: string, sent: readonly Sent[]): ReadonlyMap<string, number> =>
  valuesOf(series, sent, [0]);

const unitMinutes: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1440, w: 10_080 };

/** Returns the groups for which the condition of a metric monitor is true. @param limit number that replaces the limit in the query */
export function holdsFor(query: string, sent: readonly Sent[], limit?: number): readonly string[] {
  const match = /^(\w+)\(last_(\d+)(\w)\):(.*) (>=?|<=?) (\S+)$/.exec(query);
  if (!match) throw new Error(`no query of a metric monitor: ${query}`);
  const [, how = "", count, unit = "", series = "", comparison = "", own] = match;
  const minutes = Array.from({ length: Number(count) * (unitMinutes[unit] ?? NaN) }, (_, ago) => ago);
  // Datadog sums counts before it evaluates the formula.
  const looks = how === "sum" ? [valuesOf(series, sent, minutes)] : minutes.map((ago) => valuesOf(series, sent, [ago]));
  const threshold = limit ?? Number(own);
  return [...(looks[0]?.keys() ?? [])].filter((group) => {
    const value = aggregated(
      how,
      looks.map((values) => values.get(group)),
    );
    const holds = {
      ">": value > threshold,
      ">=": value >= threshold,
      "<": value < threshold,
      "<=": value <= threshold,
    };
    return holds[comparison as keyof typeof holds];
  });
}

/** Returns whether a search matches a line. The search may contain facets, quoted texts, `-` for not, and OR in parentheses. */
export function finds(search: string, line: Line): boolean {
  const facets: Readonly<Record<string, string>> = { env: "production", service: line.service, ...line.facets };
  const holds = (term: string): boolean => {
    if (term.startsWith("-")) return !holds(term.slice(1));
    if (term.startsWith("("))
      return term
        .slice(1, -1)
        .split(" OR ")
        .some((each) => finds(each, line));
    if (term.startsWith('"')) return line.text.includes(term.slice(1, -1));
    const [name = "", value] = term.split(/:(.*)/);
    return facets[name] === value;
  };
  return (search.match(/\([^)]*\)|-?"[^"]*"|\S+/g) ?? []).every(holds);
}
