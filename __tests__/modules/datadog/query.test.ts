import { expect, it } from "vitest";
import type { AlertCondition } from "../../../modules/datadog/definition.js";
import { renderQuery } from "../../../modules/datadog/query.js";
import { count, series } from "../../../modules/datadog/scope.js";
import { withRecovery } from "../../../modules/datadog/thresholds.js";
import { names } from "./support.js";

it("a Datadog series is rendered with aggregation, metric, tags and groups", () => {
  expect(series("max", "system.disk.in_use", ["env:test", "!device:/boot"], ["server", "device"])).toBe(
    "max:system.disk.in_use{env:test,!device:/boot} by {server,device}",
  );
});

it("a Datadog series counts missing events as 0", () => {
  expect(count("a.b", ["env:test"])).toBe("default_zero(sum:a.b{env:test}.as_count())");
});

const log = { kind: "log", search: 'service:ssh "Invalid user"', window: "15m", comparison: ">" } as const;
const anomaly = { kind: "anomaly", series: "sum:x{*}", window: "4h", trigger: "15m", deviations: 3 } as const;

it.each<[what: string, condition: AlertCondition, critical: number | undefined, query: string]>([
  [
    "a metric condition",
    { kind: "metric", reduce: "avg", window: "5m", series: "avg:x{*}", comparison: "<" },
    ...([10, "avg(last_5m):avg:x{*} < 10"] as const),
  ],
  [
    "an anomaly with its windows",
    { ...anomaly, direction: "above" },
    0.8,
    "avg(last_4h):anomalies(sum:x{*}, 'agile', 3, direction='above', interval=60, alert_window='last_15m', count_default_zero='true', seasonality='daily') >= 0.8",
  ],
  [
    "a forecast",
    { kind: "forecast", series: "max:x{*}", horizon: "1w", comparison: ">=" },
    0.95,
    "max(next_1w):forecast(max:x{*}, 'linear', 1, interval='60m', history='1w', model='default') >= 0.95",
  ],
  [
    "a service check without thresholds",
    { kind: "check", check: "http.can_connect", over: ["env:test", "instance:a"], by: ["host"] },
    3,
    '"http.can_connect".over("env:test","instance:a").by("host").last(5).count_by_status()',
  ],
  [
    "a log condition with groups and escaped quotes",
    { ...log, by: "host" },
    5,
    'logs("service:ssh \\"Invalid user\\"").index("*").rollup("count").by("host").last("15m") > 5',
  ],
  [
    "a log condition without groups",
    log,
    5,
    'logs("service:ssh \\"Invalid user\\"").index("*").rollup("count").last("15m") > 5',
  ],
  [
    "a burn rate over two windows",
    { kind: "burn", serviceLevel: "latency", longWindow: "1h", shortWindow: "5m" },
    14.4,
    'burn_rate("<latency>").over("30d").long_window("1h").short_window("5m") > 14.4',
  ],
  [
    "a composite of all its parts",
    { kind: "composite", all: ["server-error-share", "server-error-count"] },
    ...([undefined, "<server-error-share> && <server-error-count>"] as const),
  ],
])("renderQuery writes %s", (_, condition, critical, query) => {
  expect(renderQuery(condition, critical, names)).toBe(query);
});

it.each<[what: string, thresholds: Parameters<typeof withRecovery>[0], comparison: ">" | ">=" | "<", recovery: object]>(
  [
    [
      "ends a critical alert halfway to the warning threshold",
      { critical: 0.9, warning: 0.8 },
      ">",
      { criticalRecovery: 0.85, warningRecovery: 0.72 },
    ],
    [
      "ends an alert at a larger value if small values alert",
      { critical: 5, warning: 15 },
      "<",
      { criticalRecovery: 10, warningRecovery: 16.5 },
    ],
    [
      "ends an alert a tenth from its threshold if the monitor has no warning",
      { critical: 10 },
      ">=",
      { criticalRecovery: 9 },
    ],
  ],
)("the function withRecovery %s", (_, thresholds, comparison, recovery) => {
  expect(withRecovery(thresholds, comparison)).toEqual({ ...thresholds, ...recovery });
});

it("withRecovery returns no recovery thresholds for exact values, because hysteresis cannot reach them", () => {
  expect(withRecovery({ critical: 2, warning: 3, exact: true }, "<")).toEqual({ critical: 2, warning: 3 });
});
