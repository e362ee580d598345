import { count, series, type MonitoringContext } from "../scope.js";
import type { ServiceLevelName } from "../definition.js";
import { graph, monitorStates, serviceLevelWidget, value, type WidgetGroup } from "./widgets.js";

const here = ["$env", "$server"];
const failed = [...here, "status_class:5xx"];

/** Returns the widgets of the service dashboard: traffic, errors, latency and saturation. */
export const serviceDashboard = (
  { env, metrics }: MonitoringContext,
  serviceLevelId: (name: ServiceLevelName) => string,
): readonly WidgetGroup[] => [
  {
    title: "Now",
    widgets: [
      serviceLevelWidget("Requests succeed", serviceLevelId("availability")),
      serviceLevelWidget("Requests are fast", serviceLevelId("latency")),
      monitorStates("Alerts", [env]),
    ],
  },
  {
    title: "Traffic",
    widgets: [
      graph("Requests per second", {
        requests: series("sum", "nginx.net.request_per_s", ["$env", "$role", "$server"], ["server"]),
      }),
      graph("Requests by route class", { requests: count(metrics.requests, here, ["route_class"]) }, "bars"),
      graph("Rejected: not through Cloudflare", { refused: count(metrics.edgeBypassed, here, ["server"]) }, "bars"),
    ],
  },
  {
    title: "Errors",
    widgets: [
      value(
        "Failed requests",
        { failed: count(metrics.requests, failed), all: count(metrics.requests, here) },
        { formula: "100 * failed / all", unit: "%", aggregator: "sum" },
      ),
      graph("Answers by status class", { answers: count(metrics.requests, here, ["status_class"]) }, "bars"),
      graph("Failed requests by server", { failed: count(metrics.requests, failed, ["server"]) }, "bars"),
    ],
  },
  {
    title: "Latency",
    widgets: [
      graph("Seconds per request", {
        half: series("p50", metrics.duration, here),
        nineteen_of_twenty: series("p95", metrics.duration, here),
        ninety_nine_of_hundred: series("p99", metrics.duration, here),
      }),
      graph("p95 by route class", { seconds: series("p95", metrics.duration, here, ["route_class"]) }),
      graph("p95 by server", { seconds: series("p95", metrics.duration, here, ["server"]) }),
    ],
  },
  {
    title: "Saturation",
    widgets: [
      graph("Connections to nginx", {
        connections: series("sum", "nginx.net.connections", ["$env", "$role", "$server"], ["server"]),
      }),
      graph("Connections nginx dropped", {
        dropped: series("sum", "nginx.net.conn_dropped_per_s", ["$env", "$role", "$server"], ["server"]),
      }),
      graph("CPU idle", { percent: series("avg", "system.cpu.idle", ["$env", "$role", "$server"], ["server"]) }),
    ],
  },
];
