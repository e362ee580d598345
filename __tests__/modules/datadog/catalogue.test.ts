import { describe, expect, it } from "vitest";
import { catalogue, fullCatalogue } from "../../../modules/datadog/catalogue/index.js";
import { problemLine } from "../../../modules/config/problem.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { monitoringProblems } from "../../../modules/datadog/check.js";
import { allMonitorIds } from "../../../modules/platform/monitor-ids.js";
import { allSynthetics, synthetics } from "../../../modules/datadog/synthetics.js";
import { exampleConfig, type Overrides } from "../../support/config.js";
import { splitServers, spread } from "../../support/servers.js";
import { exampleContext, renderedMonitor, renderedMonitors } from "./support.js";

const reason = "measured to be normal here";

it("each monitor name is used by exactly one monitor or synthetic test", () => {
  const context = exampleContext(spread);
  const defined = [...fullCatalogue(context), ...allSynthetics(context)].map(({ id }) => id);
  expect([...defined].sort()).toEqual([...allMonitorIds].sort());
  expect(new Set(defined).size).toBe(defined.length);
});

describe("every monitor", () => {
  const context = exampleContext(spread);
  const definitions = [...fullCatalogue(context), ...allSynthetics(context)];

  it.each(definitions)(
    "the monitor $id has a title, a meaning and first checks in its message",
    ({ meaning, firstLook, title }) => {
      expect(title).not.toBe("");
      expect(meaning.length).toBeGreaterThan(30);
      expect(firstLook.length).toBeGreaterThan(0);
    },
  );

  it("each monitor queries only data of its own environment", () => {
    for (const { condition, id } of fullCatalogue(context))
      if (condition.kind !== "composite" && condition.kind !== "burn")
        expect(JSON.stringify(condition), id).toContain("env:production");
  });
});

describe("repetition", () => {
  const day = 24 * 60;
  const rendered = fullCatalogue(exampleContext()).map(
    ({ id, urgency, noDataMinutes }) => [urgency, noDataMinutes !== undefined, id, renderedMonitor(id)] as const,
  );
  const isCertificate = (id: string): boolean => /^(edge|origin|internal)-certificate$/.test(id);

  it("monitors repeat urgent alerts every hour and other notifications every week", () => {
    for (const [urgency, silent, id, { monitorThresholds, renotifyInterval, renotifyStatuses }] of rendered) {
      if (urgency === "part" || isCertificate(id)) continue;
      const warns = urgency === "notUrgent" && monitorThresholds?.warning !== undefined;
      expect([renotifyInterval, renotifyStatuses], id).toEqual([
        urgency === "urgent" ? 60 : 7 * day,
        ["alert", ...(warns ? ["warn"] : []), ...(silent ? ["no data"] : [])],
      ]);
    }
  });

  it("monitors of certificates repeat alerts, warnings and missing data every day or every week", () => {
    const repeats = ["edge-certificate", "origin-certificate", "internal-certificate"] as const;
    expect(repeats.map((id) => renderedMonitor(id).renotifyInterval)).toEqual([day, day, 7 * day]);
    for (const id of repeats) expect(renderedMonitor(id).renotifyStatuses).toEqual(["alert", "warn", "no data"]);
  });

  it("monitors repeat every alert for two years, regardless of Datadog's default limit", () => {
    for (const [urgency, , id, { renotifyInterval = 0, renotifyOccurrences = 0 }] of rendered)
      if (urgency !== "part") expect((renotifyInterval * renotifyOccurrences) / (365 * day), id).toBeCloseTo(2, 1);
  });

  it("Datadog repeats no alert of a monitor that is only a part of a composite", () => {
    expect(renderedMonitor("server-error-share").renotifyInterval).toBeUndefined();
  });
});

it.each([
  [7, "1", "2"],
  [30, "5", "10"],
  [90, "14", "30"],
  [365, "14", "30"],
] as const)(
  "the monitor of an origin certificate of %i days does not warn during the first two thirds of its validity",
  (validityDays, critical, warning) => {
    const { monitorThresholds } = renderedMonitor("origin-certificate", { certificate: { validityDays } });
    expect(monitorThresholds).toMatchObject({ critical, warning });
    expect(Number(monitorThresholds?.warningRecovery)).toBeLessThan(validityDays);
  },
);

it("the monitor of database members alerts below the majority, and warns if any member is missing", () => {
  const five: typeof splitServers = {
    ...splitServers,
    fourth: { privateIp: "10.0.1.14", roles: ["database"] },
    fifth: { privateIp: "10.0.1.15", roles: ["database"] },
  };
  expect(renderedMonitor("members-missing").monitorThresholds).toEqual({ critical: "2", warning: "3" });
  expect(renderedMonitor("members-missing", { servers: five }).monitorThresholds).toEqual({
    critical: "3",
    warning: "5",
  });
});

it("a load balancer is reported as silent if fewer requests arrive than half of its health checks plus the agent's requests", () => {
  expect(renderedMonitor("balancer-silent").query).toMatch(/ < 0\.233$/);
  const slow = { loadBalancer: { healthCheck: { intervalSeconds: 60 } } };
  expect(renderedMonitor("balancer-silent", slow).query).toMatch(/ < 0\.075$/);
  // Without visitors, nginx gets 0.733 requests per second from two load balancers and the agent. If one load balancer sends none, nginx
  // gets 0.4 per second.
  expect(renderedMonitor("balancer-silent", spread).query).toMatch(/ < 0\.567$/);
});

it("the monitor balancer-down alerts separately for each of two load balancers, and does not exist with one load balancer", () => {
  const { query, message } = renderedMonitor("balancer-down", spread);
  expect(query).toBe('"tls.can_connect".over("env:production","name:origin").by("balancer").last(5).count_by_status()');
  expect(message).toContain("the load balancer {{balancer.name}}");
  expect(renderedMonitors().has("balancer-down")).toBe(false);
});

it("an adjusted threshold of a monitor also replaces the threshold in the query", () => {
  const monitor = renderedMonitor("cpu-busy", {
    monitoring: { monitors: { "cpu-busy": { reason, critical: 2, warning: 8 } } },
  });
  expect(monitor.query).toMatch(/ < 2$/);
  expect(monitor.monitorThresholds).toEqual({
    critical: "2",
    warning: "8",
    criticalRecovery: "5",
    warningRecovery: "8.8",
  });
});

it("an adjusted urgency applies to monitors and synthetic tests", () => {
  const overrides = {
    monitoring: {
      monitors: { "nginx-down": { reason, urgency: "notUrgent" }, "api-check": { reason, urgency: "notUrgent" } },
    },
  } as const;
  expect(renderedMonitor("nginx-down", overrides).message).not.toContain("@pagerduty-foobar");
  const api = synthetics(exampleContext(overrides)).find(({ id }) => id === "api-check");
  expect(api?.urgency).toBe("notUrgent");
});

it("Terraform does not create disabled monitors and their composites", () => {
  const context = exampleContext({
    monitoring: {
      monitors: { "server-error-count": { reason, enabled: false }, "dns-check": { reason, enabled: false } },
    },
  });
  const left = new Set(catalogue(context).map(({ id }) => id));
  const gone = fullCatalogue(context).filter(({ id }) => !left.has(id));
  expect(gone.map(({ id }) => id)).toEqual(["server-error-count", "server-errors"]);
  expect(synthetics(context).map(({ id }) => id)).not.toContain("dns-check");
});

describe("monitoringProblems", () => {
  it("monitoringProblems finds no problem in the example environment", () => {
    expect(monitoringProblems(exampleConfig())).toEqual([]);
  });

  const lines = (monitoring: Overrides<EnvironmentInput["monitoring"]>) =>
    monitoringProblems(exampleConfig({ monitoring })).map(problemLine);

  it.each([
    [
      { monitors: { "cpu-busy": { reason, warning: 3 } } },
      'monitoring.monitors.cpu-busy: warning (3) must lie on the healthy side of critical (5), got {"reason":"measured to be normal here","enabled":true,"warning":3}; choose other thresholds',
    ],
    [
      { serviceLevels: { latencyPercent: 90 }, monitors: { "latency-fast-burn": { reason, critical: 10 } } },
      "monitoring.monitors.latency-fast-burn.critical: must be a burn rate, at least 1 and below 10, because larger values alert, got 10; choose another threshold",
    ],
    [
      { monitors: { "cpu-busy": { reason, critical: 5, warning: 15, urgency: "notUrgent" as const } } },
      'monitoring.monitors.cpu-busy: must change at least one setting of the monitor, got {"reason":"measured to be normal here","enabled":true,"critical":5,"warning":15,…; set values that differ from the defaults, or remove the entry',
    ],
  ])("monitoringProblems reports a wrong threshold or an entry that equals the defaults: %j", (monitoring, problem) => {
    expect(lines(monitoring)).toEqual([problem]);
  });

  it.each([
    ["server-errors", { critical: 9 }, "critical"],
    ["page-check", { critical: 9 }, "critical"],
    ["nginx-down", { warning: 1 }, "warning"],
    ["latency-fast-burn", { warning: 2 }, "warning"],
  ] as const)("monitoringProblems reports a threshold that the monitor %s does not have", (id, change, limit) => {
    expect(lines({ monitors: { [id]: { reason, ...change } } })[0]).toMatch(
      new RegExp(
        `^monitoring\\.monitors\\.${id}\\.${limit}: must not be set: this monitor has no ${limit} threshold, got \\d; remove it$`,
      ),
    );
  });

  it.each([
    ["disk-full", 90, "must be a share, at least 0 and below 1"],
    ["disk-full", 1, "must be a share, at least 0 and below 1"],
    ["disk-forecast", 95, "must be a share, above 0 and at most 1"],
    ["memory-low", 5, "must be a share, above 0 and at most 1"],
    ["memory-low", 0, "must be a share, above 0 and at most 1"],
    ["requests-anomaly", 80, "must be a share, above 0 and at most 1"],
    ["server-error-share", 500, "must be a percentage, at least 0 and below 100"],
    ["connections-near-limit", 100, "must be a percentage, at least 0 and below 100"],
    ["cpu-busy", 0, "must be a percentage, above 0 and at most 100"],
    ["load-high", -1, "must be a number, at least 0"],
    ["ssh-failures", -1, "must be a whole number, at least 0"],
    ["ssh-failures", 2.5, "must be a whole number, at least 0"],
    ["nginx-down", 2.5, "must be a whole number of results in a row, above 0 and at most 4"],
    ["nginx-down", 9, "must be a whole number of results in a row, above 0 and at most 4"],
    ["nginx-down", 0, "must be a whole number of results in a row, above 0 and at most 4"],
    ["members-missing", 90, "must be a number of database members, above 0 and at most 3"],
    ["edge-certificate", 0, "must be a number, above 0"],
    ["latency-fast-burn", 0.5, "must be a burn rate, at least 1"],
  ] as const)(
    "monitoringProblems reports a threshold at which %s would alert always or never: %d",
    (id, critical, words) => {
      const path = `monitoring.monitors.${id}.critical`;
      expect(lines({ monitors: { [id]: { reason, critical } } }).filter((line) => line.startsWith(path))[0]).toContain(
        `${path}: ${words}`,
      );
    },
  );
});
