import { describe, expect, it } from "vitest";
import type { Sent } from "../small-datadog.js";
import { definitions, metrics, named, sends } from "./support.js";

describe("requests of visitors", () => {
  const requests = (perMinute: number, status: string, ago = Infinity): Sent => ({
    metric: metrics.requests,
    tags: { env: "production", server: "alpha", status_class: status },
    at: (minute) => (minute < ago ? perMinute : undefined),
  });
  const errors = (sent: readonly Sent[]) => ({
    share: named("server-error-share", sent),
    count: named("server-error-count", sent),
  });
  const [all, none] = [
    { alert: [""], warning: [""] },
    { alert: [], warning: [] },
  ];

  it("failed requests cause an alert only if both their percentage and their number are high, so a single failure causes no alert", () => {
    expect(errors([requests(100, "2xx")])).toEqual({ share: none, count: none });
    expect(errors([requests(100, "2xx"), requests(20, "5xx")])).toEqual({ share: all, count: all });
    expect(errors([requests(100, "2xx"), requests(20, "4xx")])).toEqual({ share: none, count: none });
    expect(errors([requests(1, "2xx"), requests(1, "5xx", 1)])).toEqual({ share: all, count: none });
    expect(errors([requests(10_000, "2xx"), requests(20, "5xx")])).toEqual({ share: none, count: all });
  });

  it("failed requests cause a warning above 1 % and 3 failures in five minutes, and an alert above 5 % and 10 failures", () => {
    const warns = { alert: [], warning: [""] };
    const share = (percent: number) => errors([requests(100 - percent, "2xx"), requests(percent, "5xx")]).share;
    expect([0.9, 1.1, 4.9, 5.1].map(share)).toEqual([none, warns, warns, all]);
    const few = (count: number, ago: number) =>
      errors([{ ...requests(0, "5xx"), at: (minute) => (minute === ago ? count : 0) }]).count;
    expect([3, 4, 10, 11].map((count) => few(count, 4))).toEqual([none, warns, warns, all]);
    expect(few(100, 5)).toEqual(none);
  });

  it("a site without requests causes an alert after half an hour", () => {
    const since = (minutes: number): Sent => ({ ...requests(3, "2xx"), at: (ago) => (ago < minutes ? undefined : 3) });
    expect(named("visitors-gone", [since(28)])).toEqual(none);
    expect(named("visitors-gone", [since(29)])).toEqual({ ...none, warning: [""] });
    expect(named("visitors-gone", [since(30)])).toEqual(all);
    expect(named("visitors-gone", [])).toEqual(all);
  });

  it("slow requests cause an alert if one of twenty requests takes longer than a second", () => {
    // Each of twenty servers sends one value, which represents one request.
    const taking = (slow: number, seconds: number): readonly Sent[] =>
      Array.from({ length: 20 }, (_, index) =>
        sends(metrics.duration)(`server-${index}`, index < slow ? seconds : 0.1),
      );
    expect(named("latency-p95", taking(0, 2))).toEqual(none);
    expect(named("latency-p95", taking(2, 0.49))).toEqual(none);
    for (const seconds of [0.51, 0.99])
      expect(named("latency-p95", taking(2, seconds))).toEqual({ ...none, warning: [""] });
    expect(named("latency-p95", taking(2, 1.01))).toEqual(all);
    const before = (minutes: number) => [sends(metrics.duration)("alpha", 0.1, { minutes, before: 2 })];
    expect([9, 10].map((minutes) => named("latency-p95", before(minutes)))).toEqual([all, none]);
  });

  it("a monitor alerts if too many requests bypass Cloudflare", () => {
    const refused = (count: number, ago = 14) =>
      named("edge-bypassed", [
        { ...sends(metrics.edgeBypassed)("alpha", 0), at: (minute) => (minute === ago ? count : 0) },
      ]);
    const warns = { alert: [], warning: [""] };
    expect([2, 3, 20, 21].map((count) => refused(count))).toEqual([none, warns, warns, all]);
    expect(refused(100, 15)).toEqual(none);
  });
});

it.each([
  ["availability-fast-burn", 0.02],
  ["latency-fast-burn", 0.02],
  ["availability-slow-burn", 0.05],
  ["latency-slow-burn", 0.05],
] as const)(
  "the monitor %s alerts if this share of the error budget of 30 days is used within the long window: %d",
  (id, share) => {
    const { condition, thresholds } = definitions.get(id) ?? {};
    if (condition?.kind !== "burn") throw new Error(`${id} burns nothing`);
    const hours = parseInt(condition.longWindow);
    expect(((thresholds?.critical ?? 0) * hours) / (30 * 24)).toBeCloseTo(share);
    expect(parseInt(condition.shortWindow) * 12).toBe(hours * 60);
    expect(condition.serviceLevel).toBe(id.split("-")[0]);
  },
);
