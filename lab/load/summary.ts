import type { Gap, LoadResult } from "./load.js";

/** Result of one request. All times are in seconds since the start of the load. */
export interface Answer {
  readonly n: number;
  readonly from: number;
  readonly to: number;
  /** HTTP status of the response, or the error code if the request failed without a response. */
  readonly status: string;
}

/** Minimum length of a reported pause in seconds. */
const shortestGap = 0.5;

/** Summarizes the results of a load. @param good HTTP status of a successful response @default - any status below 400 */
export function summary(answers: readonly Answer[], good?: number): Omit<LoadResult, "startedAt"> {
  const isOk = ({ status }: Answer): boolean =>
    good === undefined ? /^[123]\d\d$/.test(status) : status === `${good}`;
  const ok = answers.filter(isOk).sort((a, b) => a.to - b.to);
  const failed = answers.filter((answer) => !isOk(answer));
  const latencies = ok.map(({ from, to }) => (to - from) * 1000).sort((a, b) => a - b);
  const byStatus: Record<string, number> = {};
  for (const { status } of answers) byStatus[status] = (byStatus[status] ?? 0) + 1;
  return {
    sent: answers.length,
    ok: ok.length,
    failed: failed.length,
    byStatus,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    max: percentile(latencies, 1),
    gaps: gapsBetween(ok.map(({ to }) => to)),
    failures: failed.map(({ from, n, status }) => ({ at: round(from), n, reason: status })),
    acknowledged: ok.map(({ n }) => n),
    acknowledgedAt: ok.map(({ to }) => round(to)),
  };
}

/** Returns the percentile `share` (0 to 1) of sorted values; 0 if there are no values. */
const percentile = (sorted: readonly number[], share: number): number =>
  round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);

function gapsBetween(times: readonly number[]): Gap[] {
  const gaps = times.slice(1).map((to, index) => ({ from: times[index] ?? 0, to, seconds: to - (times[index] ?? 0) }));
  return gaps
    .filter(({ seconds }) => seconds >= shortestGap)
    .sort((a, b) => b.seconds - a.seconds)
    .map((gap) => ({ from: round(gap.from), to: round(gap.to), seconds: round(gap.seconds) }));
}

const round = (value: number): number => Math.round(value * 100) / 100;
