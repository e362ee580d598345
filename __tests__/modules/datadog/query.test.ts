import { describe, expect, it } from "vitest";
import { renderQuery } from "../../../modules/datadog/query.js";
import { count, series } from "../../../modules/datadog/scope.js";
import { withRecovery } from "../../../modules/datadog/thresholds.js";
import { names } from "./support.js";

describe("series", () => {
  it("series writes aggregation, metric, tags and groups", () => {
    expect(series("max", "system.disk.in_use", ["env:test", "!device:/boot"], ["server", "device"])).toBe(
      "max:system.disk.in_use{env:test,!device:/boot} by {server,device}",
    );
  });

  it("series counts missing events as 0", () => {
    expect(count("a.b", ["env:test"])).toBe("default_zero(sum:a.b{env:test}.as_count())");
  });
});

describe("renderQuery", () => {
  it("renderQuery writes a metric condition", () => {
    const condition = { kind: "metric", reduce: "avg", window: "5m", series: "avg:x{*}", comparison: "<" } as const;
    expect(renderQuery(condition, 10, names)).toBe("avg(last_5m):avg:x{*} < 10");
  });

  it("renderQuery writes an anomaly with its windows", () => {
    const condition = {
      kind: "anomaly",
      series: "sum:x{*}",
      window: "4h",
      trigger: "15m",
      deviations: 3,
      direction: "above",
    } as const;
    expect(renderQuery(condition, 0.8, names)).toBe(
      "avg(last_4h):anomalies(sum:x{*}, 'agile', 3, direction='above', interval=60, alert_window='last_15m', count_default_zero='true', seasonality='daily') >= 0.8",
    );
  });

  it("renderQuery writes a forecast", () => {
    const condition = { kind: "forecast", series: "max:x{*}", horizon: "1w", comparison: ">=" } as const;
    expect(renderQuery(condition, 0.95, names)).toBe(
      "max(next_1w):forecast(max:x{*}, 'linear', 1, interval='60m', history='1w', model='default') >= 0.95",
    );
  });

  it("renderQuery writes a service check without thresholds in the query", () => {
    const condition = {
      kind: "check",
      check: "http.can_connect",
      over: ["env:test", "instance:a"],
      by: ["host"],
    } as const;
    expect(renderQuery(condition, 3, names)).toBe(
      '"http.can_connect".over("env:test","instance:a").by("host").last(5).count_by_status()',
    );
  });

  it("renderQuery writes a log condition with and without groups, and escapes quotes", () => {
    const condition = { kind: "log", search: 'service:ssh "Invalid user"', window: "15m", comparison: ">" } as const;
    expect(renderQuery({ ...condition, by: "host" }, 5, names)).toBe(
      'logs("service:ssh \\"Invalid user\\"").index("*").rollup("count").by("host").last("15m") > 5',
    );
    expect(renderQuery(condition, 5, names)).toContain('.rollup("count").last("15m") > 5');
  });

  it("renderQuery writes a burn rate over two windows", () => {
    const condition = { kind: "burn", serviceLevel: "latency", longWindow: "1h", shortWindow: "5m" } as const;
    expect(renderQuery(condition, 14.4, names)).toBe(
      'burn_rate("<latency>").over("30d").long_window("1h").short_window("5m") > 14.4',
    );
  });

  it("renderQuery writes a composite of all its parts", () => {
    const condition = { kind: "composite", all: ["server-error-share", "server-error-count"] } as const;
    expect(renderQuery(condition, undefined, names)).toBe("<server-error-share> && <server-error-count>");
  });
});

describe("withRecovery", () => {
  it("withRecovery ends a critical alert halfway to the warning threshold", () => {
    expect(withRecovery({ critical: 0.9, warning: 0.8 }, ">")).toEqual({
      critical: 0.9,
      warning: 0.8,
      criticalRecovery: 0.85,
      warningRecovery: 0.72,
    });
  });

  it("withRecovery ends an alert at a larger value if small values alert", () => {
    expect(withRecovery({ critical: 5, warning: 15 }, "<")).toEqual({
      critical: 5,
      warning: 15,
      criticalRecovery: 10,
      warningRecovery: 16.5,
    });
  });

  it("withRecovery ends an alert a tenth from its threshold if the monitor has no warning", () => {
    expect(withRecovery({ critical: 10 }, ">=")).toEqual({ critical: 10, criticalRecovery: 9 });
  });

  it("withRecovery returns no recovery thresholds for exact values, because hysteresis cannot reach them", () => {
    expect(withRecovery({ critical: 2, warning: 3, exact: true }, "<")).toEqual({ critical: 2, warning: 3 });
  });
});
