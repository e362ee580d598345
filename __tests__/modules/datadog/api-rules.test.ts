import { describe, expect, it } from "vitest";
import type { RenderedMonitor } from "../../../modules/datadog/monitor.js";
import { monitorProblems } from "../../../modules/datadog/api-rules.js";
import { renderedMonitor, renderedMonitors } from "./support.js";

const metric = renderedMonitor("cpu-busy");
const anomaly = renderedMonitor("requests-anomaly");
const check = renderedMonitor("nginx-down");
const log = renderedMonitor("ssh-failures");
const composite = renderedMonitor("server-errors");
const silent = renderedMonitor("server-silent");

describe("the catalogue", () => {
  it.each([...renderedMonitors()])(
    "the catalogue has a monitor %s that passes every rule of Datadog's API",
    (_id, monitor) => {
      expect(monitorProblems(monitor)).toEqual([]);
    },
  );
});

const refusals: readonly (readonly [rule: string, monitor: RenderedMonitor, problem: string])[] = [
  [
    "a critical threshold that differs from the query's",
    { ...metric, monitorThresholds: { critical: "6" } },
    "critical threshold must equal the query's 5, got 6",
  ],
  [
    "no critical threshold although the query has one",
    { ...log, monitorThresholds: undefined },
    "critical threshold must equal the query's 20, got undefined",
  ],
  [
    "a query without a comparison",
    { ...metric, query: "avg(last_5m):avg:system.cpu.idle{*}" },
    "query must end with a comparison and a number, got avg(last_5m):avg:system.cpu.idle{*}",
  ],
  [
    "a warning threshold below the critical threshold if small values alert",
    { ...metric, monitorThresholds: { critical: "5", warning: "4" } },
    "warning (4) must lie on the healthy side of critical (5)",
  ],
  [
    "a warning threshold above the critical threshold if large values alert",
    { ...log, monitorThresholds: { critical: "20", warning: "30" } },
    "warning (30) must lie on the healthy side of critical (20)",
  ],
  [
    "a critical recovery threshold that equals the critical threshold",
    { ...log, monitorThresholds: { critical: "20", criticalRecovery: "20" } },
    "critical recovery (20) must lie on the healthy side of critical (20)",
  ],
  [
    "a warning recovery threshold on the unhealthy side of the warning threshold",
    { ...log, monitorThresholds: { critical: "20", warning: "5", warningRecovery: "6" } },
    "warning recovery (6) must lie on the healthy side of warning (5)",
  ],
  [
    "a metric window that does not exist",
    { ...metric, query: metric.query.replace("last_15m", "last_7m") },
    "window must be one that Datadog evaluates (5m, 1h, 1d, …), got 7m",
  ],
  [
    "a log window that does not exist",
    { ...log, query: log.query.replace('"15m"', '"3d"') },
    "window must be one that Datadog evaluates (5m, 1h, 1d, …), got 3d",
  ],
  [
    "anomalies() without windows",
    { ...anomaly, monitorThresholdWindows: undefined },
    "anomalies() needs a trigger and a recovery window",
  ],
  [
    "a trigger window that differs from the query's",
    { ...anomaly, monitorThresholdWindows: { triggerWindow: "last_30m", recoveryWindow: "last_15m" } },
    "trigger window must equal the query's alert_window (last_15m), got last_30m",
  ],
  [
    "a trigger window as long as the evaluated window",
    { ...anomaly, query: anomaly.query.replace("last_4h", "last_15m") },
    "trigger window must be shorter than the evaluated 15m, got last_15m",
  ],
  [
    "a check threshold that exceeds the evaluated results",
    { ...check, monitorThresholds: { ok: "2", critical: "5" } },
    "critical threshold must be 1 to 4, because the query evaluates the last 5 results, got 5",
  ],
  [
    "on_missing_data together with notify_no_data",
    { ...log, onMissingData: "resolve", notifyNoData: false },
    "on_missing_data excludes notify_no_data and no_data_timeframe",
  ],
  [
    "on_missing_data together with no_data_timeframe",
    { ...log, onMissingData: "resolve", notifyNoData: undefined, noDataTimeframe: 10 },
    "on_missing_data excludes notify_no_data and no_data_timeframe",
  ],
  ...([check, composite, renderedMonitor("latency-fast-burn")] as const).map(
    (monitor) =>
      [
        `on_missing_data on a ${monitor.type}`,
        { ...monitor, notifyNoData: undefined, onMissingData: "resolve" },
        `on_missing_data does not exist for a ${monitor.type}`,
      ] as const,
  ),
  [
    "an alert about a check's missing data after less than two minutes",
    { ...silent, noDataTimeframe: 1 },
    "no_data_timeframe must be 2 minutes or more, got 1",
  ],
  [
    "an alert about a metric's missing data before twice its window",
    { ...metric, notifyNoData: true, noDataTimeframe: 29 },
    "no_data_timeframe must be 30 minutes or more, got 29",
  ],
  [
    "renotify_statuses without an interval",
    { ...metric, renotifyInterval: undefined, renotifyStatuses: ["alert"] },
    "renotify_statuses and renotify_occurrences need renotify_interval",
  ],
  [
    "renotify_occurrences without an interval",
    { ...metric, renotifyInterval: undefined, renotifyOccurrences: 3 },
    "renotify_statuses and renotify_occurrences need renotify_interval",
  ],
  ["priority 0", { ...metric, priority: "0" }, "priority must be 1 to 5, got 0"],
  ["a padded message", { ...metric, message: " text" }, "message must not be empty or padded"],
];

describe("monitorProblems", () => {
  it.each(refusals)("monitorProblems rejects %s", (_rule, monitor, problem) => {
    expect(monitorProblems(monitor)).toContain(problem);
  });

  it("monitorProblems accepts on_missing_data without other missing-data fields on a log monitor", () => {
    expect(monitorProblems({ ...log, notifyNoData: undefined, onMissingData: "resolve" })).toEqual([]);
  });
});
