import { expect, it } from "vitest";
import { collected, datadogAgentPart } from "../../../modules/machine/parts/datadog-agent/index.js";
import { dashboards } from "../../../modules/datadog/dashboards/index.js";
import { logMetrics } from "../../../modules/datadog/logs/metrics.js";
import { logPipelines } from "../../../modules/datadog/logs/pipelines.js";
import { serviceLevels } from "../../../modules/datadog/service-levels.js";
import {
  archiveNotices,
  checkSignals,
  driftCompared,
  instances,
  logServices,
  metricSignals,
  notices,
} from "../../../modules/platform/signals.js";
import { paths } from "../../../modules/platform/paths.js";
import { exampleBackup, exampleConfig } from "../../support/config.js";
import { contentOf, partOf } from "../../support/payload-files.js";
import { spread } from "../../support/servers.js";
import { exampleContext, renderedMonitors } from "./support.js";

const context = exampleContext();
const made = logMetrics(context);
const queries = [
  ...[...renderedMonitors(spread).values()].map(({ query }) => query),
  ...serviceLevels(context).flatMap(({ good, total }) => [good, total]),
  ...dashboards(exampleContext({ backup: exampleBackup }), () => "id").map(({ definition }) =>
    JSON.stringify(definition),
  ),
];

/** Metrics in all queries, each with the tags that the query filters or groups by. */
const metricsAsked = queries.flatMap((query) =>
  [...query.matchAll(/(?:avg|max|min|sum|p50|p95|p99):([\w.]+)\{([^}]*)\}(?: by \{([^}]*)\})?/g)].map(
    ([, name = "", filters = "", groups = ""]) => ({
      name,
      tags: [
        ...filters.split(",").map((filter) => filter.replace(/^!/, "").replace(/[:].*$/, "")),
        ...groups.split(","),
      ],
    }),
  ),
);
const checksAsked = queries.flatMap((query) => [...query.matchAll(/^"([\w.]+)"\.over/g)].map(([, name = ""]) => name));

/** Checks that the agent runs without configuration. The agent has a *.yaml.default file for each of these checks. */
const runByDefault = ["cpu", "load", "memory", "ntp", "agent"];
const running = [...runByDefault, ...collected.integrations.map(({ name }) => name)];

it("each metric in a monitor's query is in the list of signals or is made from logs", () => {
  const known = [...Object.keys(metricSignals), driftCompared, ...made.map(({ name }) => name)];
  expect(metricsAsked.length).toBeGreaterThan(70);
  for (const { name } of metricsAsked) expect(known).toContain(name);
});

it("for a metric that is made from logs, monitors use only the tags of this metric to filter and group", () => {
  for (const { name, by } of made) {
    const asked = metricsAsked.filter((metric) => metric.name === name).flatMap(({ tags }) => tags);
    const known = ["", "$env", "$server", ...Object.keys(by)];
    for (const tag of asked) expect(known, name).toContain(tag);
  }
});

it("each service check in a monitor's query is in the list of signals", () => {
  expect(new Set(checksAsked)).toEqual(new Set(Object.keys(checkSignals)));
});

it("the list of signals contains no unused metric", () => {
  const asked = new Set(metricsAsked.map(({ name }) => name));
  expect(Object.keys(metricSignals).filter((name) => !asked.has(name))).toEqual([]);
  expect(made.map(({ name }) => name).filter((name) => !asked.has(name))).toEqual([]);
});

it("the list of signals contains only checks that the agent runs", () => {
  for (const emitter of [...Object.values(metricSignals), ...Object.values(checkSignals)])
    expect(running).toContain(emitter);
});

const { files = [] } = partOf(datadogAgentPart, context.config);
const check = (name: string): string =>
  files.find(({ path }) => path === `/etc/datadog-agent/conf.d/${name}.d/conf.yaml`)?.content ?? "";

it("the agent's configuration files define the check instances that monitors query", () => {
  expect(check("http_check")).toContain(`name: ${instances.application}`);
  expect(check("tls")).toContain(`name: ${instances.edgeCertificate}`);
  expect(check("tls")).toContain(`name: ${instances.originCertificate}`);
  for (const name of [instances.rebootRequired, ...Object.values(notices)])
    expect(check("directory")).toContain(`name: ${name}\n`);
  const archived = contentOf(
    partOf(datadogAgentPart, exampleConfig({ backup: exampleBackup })),
    "/etc/datadog-agent/conf.d/directory.d/conf.yaml",
  );
  for (const name of Object.values(archiveNotices)) {
    expect(archived).toContain(`name: ${name}\n`);
    expect(check("directory")).not.toContain(`name: ${name}\n`);
  }
});

it("monitors select the data volume by its mount point, as the agent's disk check reports it", () => {
  expect(queries.join()).toContain(`device:${paths.mysql.mountPoint}`);
});

const searches = [
  ...queries,
  ...made.map(({ search }) => search),
  ...logPipelines(context).map(({ search }) => search),
];
const services = searches.flatMap((search) => [...search.matchAll(/service:([\w-]+)/g)].map(([, name]) => name));

it("each log in a monitor's search comes from a service whose log the agent reads", () => {
  const read = collected.logSources.map(({ service }) => service);
  expect(new Set(services)).toEqual(new Set(Object.values(logServices)));
  for (const service of services) expect(read).toContain(service);
});
