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

describe("log pipelines", () => {
  it("log pipelines classify a request by status, route, speed and the program that answered", () => {
    const { processor } = pipelineConfig(pipeline("nginx"), "production");
    expect(processor).toEqual([
      expect.objectContaining({ dateRemapper: expect.objectContaining({ sources: ["timestamp"] }) as unknown }),
      ...["http.status_class", "http.route_class", "http.speed", "http.answered_by"].map((target) => ({
        categoryProcessor: expect.objectContaining({ target, isEnabled: true }) as unknown,
      })),
    ]);
  });

  it("log pipelines classify a request as fast by the time limit of the service level", () => {
    const slower = exampleContext({ monitoring: { serviceLevels: { latencySeconds: 1.5 } } });
    expect(JSON.stringify(logPipelines(slower))).toContain('"fast":"@request_time:<=1.5"');
  });

  it("log pipelines escape the characters %{…}, which Terraform would read as a template", () => {
    const config = JSON.stringify(pipelineConfig(pipeline("mysql"), "production"));
    expect(config).toContain("%%{integer:thread}");
    expect(config).not.toMatch(/[^%]%\{/);
  });

  it("log pipelines of nginx, the application and MySQL extract the time of each line, and the severity if the source has one", () => {
    const kinds = logPipelines(context).map(({ id, severity, time }) => [id, severity, time]);
    expect(kinds).toEqual([
      ["nginx", undefined, "timestamp"],
      ["application", "level", "timestamp"],
      ["mysql", "level", "timestamp"],
      ["mysql-slow", undefined, "timestamp"],
    ]);
  });
});

type Attributes = Readonly<Record<string, string | number>>;
/**
 * Returns whether a value matches a search term. A term can be any value, a value that is not empty, a list, a range, a maximum or a
 * prefix.
 */
const isWanted = (wanted: string, value: string | number | undefined): boolean => {
  if (value === undefined) return false;
  const [, least, most] = /^\[(\d+) TO (\d+)\]$/.exec(wanted) ?? [];
  if (least !== undefined) return Number(value) >= Number(least) && Number(value) <= Number(most);
  if (wanted.startsWith("(")) return wanted.slice(1, -1).split(" OR ").includes(String(value));
  if (wanted.startsWith("<=")) return Number(value) <= Number(wanted.slice(2));
  if (wanted === "?*") return value !== "";
  return wanted.endsWith("*") ? String(value).startsWith(wanted.slice(0, -1)) : String(value) === wanted;
};
const matches = (search: string, line: Attributes): boolean =>
  (search.match(/-?@[\w.]+:(\([^)]*\)|\[[^\]]*\]|\S+)/g) ?? []).every((term) => {
    const [, not, name = "", wanted = ""] = /^(-?)@([\w.]+):(.*)$/.exec(term) ?? [];
    return isWanted(wanted, line[name]) !== (not === "-");
  });
/** Returns the attributes that the pipeline adds to a line. In each step, the first matching class is used. */
const classesOf = (line: Attributes): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    (pipeline("nginx").classes ?? []).map(({ target, classes }) => [
      target.replace("http.", ""),
      Object.entries(classes).find(([, search]) => matches(search, line))?.[0],
    ]),
  );
const page = {
  "http.status_code": 200,
  "http.method": "GET",
  "http.url_details.path": "/",
  request_time: 0.1,
  upstream_status: "200",
};

it.each([
  [{}, { status_class: "2xx", route_class: "read", speed: "fast", answered_by: "application" }],
  [{ "http.status_code": 299 }, { status_class: "2xx" }],
  [{ "http.status_code": 301 }, { status_class: "3xx" }],
  [{ "http.status_code": 404 }, { status_class: "4xx", answered_by: "application" }],
  [{ "http.status_code": 499 }, { status_class: "4xx" }],
  [{ "http.status_code": 500 }, { status_class: "5xx" }],
  [{ "http.status_code": 599 }, { status_class: "5xx" }],
  [{ "http.method": "POST", "http.url_details.path": "/static/a" }, { route_class: "write" }],
  [{ "http.method": "HEAD" }, { route_class: "read" }],
  [{ "http.method": "OPTIONS" }, { route_class: "read" }],
  [{ "http.url_details.path": "/static/site.css" }, { route_class: "static" }],
  [{ "http.url_details.path": "/statics" }, { route_class: "read" }],
  [{ request_time: 0.5 }, { speed: "fast" }],
  [{ request_time: 0.501 }, { speed: "slow" }],
  // nginx rejects some requests without sending them to the application.
  [{ "http.status_code": 400, upstream_status: "" }, { answered_by: "refusal" }],
  [{ "http.status_code": 403, upstream_status: "" }, { answered_by: "refusal" }],
  [{ "http.status_code": 421, upstream_status: "" }, { answered_by: "refusal" }],
  [{ "http.status_code": 403, upstream_status: "403" }, { answered_by: "application" }],
  // If a request exceeds a limit, or if the application is down, nginx answers. Such an answer has the class of the application's
  // responses.
  [{ "http.status_code": 429, upstream_status: "" }, { answered_by: "application" }],
  [
    { "http.status_code": 502, upstream_status: "502" },
    { status_class: "5xx", answered_by: "application" },
  ],
])(
  "from a line of nginx's log with the fields %j, the log pipeline extracts the attributes %j",
  (difference, classes) => {
    expect(classesOf({ ...page, ...difference })).toMatchObject(classes);
  },
);

it("metrics from nginx's log count the requests, the rejected requests and the dropped packets", () => {
  expect(logMetrics(context).map(({ id, search, measure }) => [id, search, measure])).toEqual([
    ["requests", "env:production service:nginx @http.answered_by:application", undefined],
    ["duration", "env:production service:nginx @http.answered_by:application", "@request_time"],
    ["edge-bypassed", "env:production service:nginx @http.answered_by:refusal", undefined],
    // The host firewall's log lines begin with "nftables dropped", for inbound and outbound packets.
    ["firewall-drops", 'env:production service:firewall "nftables dropped"', undefined],
  ]);
});

const patterns: Readonly<Record<string, string>> = {
  ...{ integer: "-?\\d+", number: "-?[\\d.]+", word: "\\w+", notSpace: "\\S+", data: "[^]*?", date: "\\S+" },
};
/** Returns the attributes that a pipeline extracts from a line. */
const readBy = (id: string, line: string): Readonly<Record<string, string>> | undefined => {
  const [rule = ""] = pipeline(id).grok?.rules ?? [];
  const names: string[] = [];
  const pattern = rule
    .slice(rule.indexOf(" ") + 1)
    .replaceAll(/%\{(\w+)(?:\("[^"]*"\))?(?::([\w.]+))?\}/g, (_, kind: string, name?: string) => {
      if (name === undefined) return `(?:${patterns[kind]})`;
      names.push(name);
      return `(${patterns[kind]})`;
    });
  const found = new RegExp(`^${pattern}$`).exec(line);
  return found ? Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? ""])) : undefined;
};

it("a line of a MySQL log is parsed into the time, level and error code that monitors use", () => {
  const line =
    "2026-11-23T15:13:13.328189Z 0 [Error] [MY-013309] [Server] Plugin group_replication reported: 'Transaction '1:7' is [not] applied.'";
  expect(readBy("mysql", line)).toMatchObject({
    ...{ timestamp: "2026-11-23T15:13:13.328189Z", thread: "0", level: "Error", subsystem: "Server" },
    "error.code": "MY-013309",
    "error.message": expect.stringMatching(/^Plugin .* applied\.'$/) as string,
  });
});

it("a slow query in a MySQL log is parsed into durations, row counts and statement", () => {
  const line =
    "# Time: 2026-11-23T15:13:13.328189Z\n# User@Host: app[app] @  [10.0.1.11]  Id: 12\n# Query_time: 2.000263  Lock_time: 0.000004 Rows_sent: 1  Rows_examined: 40\nSET timestamp=1795446793;\nselect 1;";
  expect(readBy("mysql-slow", line)).toEqual({
    ...{ timestamp: "2026-11-23T15:13:13.328189Z", query_time: "2.000263", lock_time: "0.000004" },
    ...{ rows_sent: "1", rows_examined: "40", statement: "SET timestamp=1795446793;\nselect 1;" },
  });
});

it.each(logPipelines(context).flatMap(({ id, grok }) => (grok?.samples ?? []).map((line) => [id, line])))(
  "the log pipeline %s parses its sample line",
  (id, line) => {
    if (id !== "application") expect(readBy(id, line)).toBeDefined();
    else expect(() => void JSON.parse(line)).not.toThrow();
  },
);

it("log metrics have the environment in their name, because names are unique in an account", () => {
  expect(metricNames("pre-live")).toEqual({
    requests: "pre_live.www.requests",
    duration: "pre_live.www.request.duration",
    edgeBypassed: "pre_live.www.edge_bypassed",
    firewallDrops: "pre_live.host.firewall_drops",
  });
});

it("log metrics count requests by server, route class, status class and speed", () => {
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

it("log metrics measure the duration with percentiles", () => {
  const duration = logMetrics(context)[1];
  expect(duration && logMetricConfig(duration).compute).toEqual({
    aggregationType: "distribution",
    path: "@request_time",
    includePercentiles: true,
  });
});

it("Datadog bills a custom metric as one metric for each combination of tags and server, and as ten metrics with percentiles", () => {
  expect(logMetrics(context).map((metric) => [metric.id, customMetricsOf(metric)])).toEqual([
    ["requests", 72],
    ["duration", 90],
    ["edge-bypassed", 3],
    ["firewall-drops", 3],
  ]);
  const four = exampleContext({ servers: { delta: { privateIp: "10.0.1.134", roles: ["web"] } } });
  expect([context, four].map((servers) => customMetrics(logMetrics(servers)))).toEqual([168, 224]);
});
