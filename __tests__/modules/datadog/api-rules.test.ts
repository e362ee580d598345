import { expect, it } from "vitest";
import type { RenderedMonitor } from "../../../modules/datadog/monitor.js";
import { monitorProblems } from "../../../modules/datadog/api-rules.js";
import { renderedMonitor, renderedMonitors } from "./support.js";

const metric = renderedMonitor("cpu-busy");
const log = renderedMonitor("ssh-failures");
const silent = renderedMonitor("server-silent");

it.each([...renderedMonitors()])("the monitor %s passes every rule of Datadog's API", (_id, monitor) => {
  expect(monitorProblems(monitor)).toEqual([]);
});

const refusals: readonly (readonly [monitor: RenderedMonitor, problem: string])[] = [
  [{ ...metric, monitorThresholds: { critical: "6" } }, "critical threshold must equal the query's 5, got 6"],
  [{ ...log, monitorThresholds: undefined }, "critical threshold must equal the query's 20, got undefined"],
  [
    { ...metric, query: "avg(last_5m):avg:system.cpu.idle{*}" },
    "query must end with a comparison and a number, got avg(last_5m):avg:system.cpu.idle{*}",
  ],
  [
    { ...metric, monitorThresholds: { critical: "5", warning: "4" } },
    "warning (4) must lie on the healthy side of critical (5)",
  ],
  [
    { ...log, monitorThresholds: { critical: "20", warning: "30" } },
    "warning (30) must lie on the healthy side of critical (20)",
  ],
  [
    { ...log, monitorThresholds: { critical: "20", criticalRecovery: "20" } },
    "critical recovery (20) must lie on the healthy side of critical (20)",
  ],
  [
    { ...log, monitorThresholds: { critical: "20", warning: "5", warningRecovery: "6" } },
    "warning recovery (6) must lie on the healthy side of warning (5)",
  ],
  [{ ...silent, noDataTimeframe: 1 }, "no_data_timeframe must be 2 minutes or more, got 1"],
  [{ ...metric, notifyNoData: true, noDataTimeframe: 29 }, "no_data_timeframe must be 30 minutes or more, got 29"],
  [{ ...metric, message: " text" }, "message must not be empty or padded"],
];

it.each(refusals.map(([monitor, problem]) => ({ monitor, problem })))(
  "monitorProblems reports the problem: $problem",
  ({ monitor, problem }) => {
    expect(monitorProblems(monitor)).toContain(problem);
  },
);
