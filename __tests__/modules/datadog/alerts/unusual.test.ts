import { expect, it } from "vitest";
import type { MonitorId } from "../../../../modules/platform/monitor-ids.js";
import { lastOf } from "../small-datadog.js";
import { definitions, metrics, monitors, sends } from "./support.js";

const seriesOf = (id: MonitorId): string => {
  const { condition } = definitions.get(id) ?? {};
  if (condition?.kind !== "anomaly" && condition?.kind !== "forecast") throw new Error(`${id} has no such series`);
  return condition.series;
};

it.each([
  ["requests-anomaly", sends("nginx.net.request_per_s"), "both", false],
  ["latency-anomaly", sends(metrics.duration), "above", false],
  ["connections-anomaly", sends("mysql.performance.threads_connected"), "above", false],
  ["slow-queries-anomaly", sends("mysql.performance.slow_queries"), "above", false],
  ["firewall-drops-anomaly", sends(metrics.firewallDrops), "above", true],
  ["throttled-requests-anomaly", sends(metrics.requests, { status_class: "4xx" }), "above", false],
] as const)(
  "the anomaly monitor %s uses a series that rises with the unusual value",
  (id, send, direction, isOfAServer) => {
    const group = isOfAServer ? "server:alpha" : "";
    const [quiet, busy] = [1, 100].map((value) => lastOf(seriesOf(id), [send("alpha", value)]).get(group));
    expect({ quiet, busy }).toEqual({ quiet: 1, busy: 100 });
    expect(definitions.get(id)).toMatchObject({
      condition: { direction, window: "4h", trigger: "15m" },
      thresholds: { critical: 0.8, warning: 0.5 },
    });
  },
);

it("a monitor forecasts the use of each disk a week ahead", () => {
  const disks = [
    sends("system.disk.in_use", { device: "/" })("alpha", 0.3),
    sends("system.disk.in_use", { device: "/var/lib/mysql" })("alpha", 0.4),
  ];
  expect(lastOf(seriesOf("disk-forecast"), disks)).toEqual(
    new Map([
      ["server:alpha,device:/", 0.3],
      ["server:alpha,device:/var/lib/mysql", 0.4],
    ]),
  );
  expect(monitors.get("disk-forecast")?.query).toMatch(/^max\(next_1w\).* >= 0\.95$/);
});
