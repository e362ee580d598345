import { describe, expect, it } from "vitest";
import { customMetrics, customMetricsOf } from "../../../modules/datadog/cost.js";
import { logMetrics } from "../../../modules/datadog/logs/metrics.js";
import { metricNames } from "../../../modules/datadog/logs/names.js";
import { logPipelines } from "../../../modules/datadog/logs/pipelines.js";
import { logMetricConfig, pipelineConfig } from "../../../modules/datadog/logs/resources.js";
import { exampleContext } from "./support.js";

const context = exampleContext();
const pipeline = (id: string) => {
  const found = logPipelines(context).find((one) => one.id === id);
  if (!found) throw new Error(`no pipeline ${id}`);
  return found;
};

describe("pipelines", () => {
  it("are four: nginx, application, MySQL's errors and its slow queries", () => {
    expect(logPipelines(context).map(({ id }) => id)).toEqual(["nginx", "application", "mysql", "mysql-slow"]);
  });

  it("sort a request by status, route, speed and by who answered", () => {
    const { processor } = pipelineConfig(pipeline("nginx"), "production");
    expect(processor).toEqual([
      expect.objectContaining({ dateRemapper: expect.objectContaining({ sources: ["timestamp"] }) as unknown }),
      ...["http.status_class", "http.route_class", "http.speed", "http.answered_by"].map((target) => ({
        categoryProcessor: expect.objectContaining({ target, isEnabled: true }) as unknown,
      })),
    ]);
  });

  it("call fast what the service level calls fast", () => {
    const slower = exampleContext({ monitoring: { serviceLevels: { latencySeconds: 1.5 } } });
    expect(JSON.stringify(logPipelines(slower))).toContain('"fast":"@request_time:<=1.5"');
  });

  it("keep grok's %{…} from Terraform, to whom it is a template", () => {
    const config = JSON.stringify(pipelineConfig(pipeline("mysql"), "production"));
    expect(config).toContain("%%{integer:thread}");
    expect(config).not.toMatch(/[^%]%\{/);
  });

  it("give each line's own time, and its severity where it has one", () => {
    const kinds = logPipelines(context).map(({ id, severity, time }) => [id, severity, time]);
    expect(kinds).toEqual([
      ["nginx", undefined, "timestamp"],
      ["application", "level", "timestamp"],
      ["mysql", "level", "timestamp"],
      ["mysql-slow", undefined, "timestamp"],
    ]);
  });
});

describe("log metrics", () => {
  it("carry the environment in their name, because an account has each name once", () => {
    expect(metricNames("pre-live")).toEqual({
      requests: "pre_live.www.requests",
      duration: "pre_live.www.request.duration",
      edgeBypassed: "pre_live.www.edge_bypassed",
      firewallDrops: "pre_live.host.firewall_drops",
    });
  });

  it("count requests by server, route class, status class and speed", () => {
    const requests = logMetrics(context)[0];
    expect(requests && logMetricConfig(requests)).toEqual({
      name: "production.www.requests",
      filter: { query: "env:production service:nginx @http.answered_by:application" },
      compute: { aggregationType: "count" },
      groupBy: [
        { path: "env", tagName: "env" },
        { path: "server", tagName: "server" },
        { path: "@http.route_class", tagName: "route_class" },
        { path: "@http.status_class", tagName: "status_class" },
        { path: "@http.speed", tagName: "speed" },
      ],
    });
  });

  it("measure the duration with percentiles", () => {
    const duration = logMetrics(context)[1];
    expect(duration && logMetricConfig(duration).compute).toEqual({
      aggregationType: "distribution",
      path: "@request_time",
      includePercentiles: true,
    });
  });
});

describe("custom metrics", () => {
  it("are one for each combination of tags, ten where percentiles are kept", () => {
    expect(logMetrics(context).map((metric) => [metric.id, customMetricsOf(metric)])).toEqual([
      ["requests", 72],
      ["duration", 90],
      ["edge-bypassed", 3],
      ["firewall-drops", 3],
    ]);
  });

  it("grow with the servers", () => {
    const four = exampleContext({ servers: { delta: { privateIp: "10.0.1.134", roles: ["web"] } } });
    expect(customMetrics(logMetrics(context))).toBe(168);
    expect(customMetrics(logMetrics(four))).toBe(224);
  });
});
