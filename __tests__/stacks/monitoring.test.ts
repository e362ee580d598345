import { Testing } from "cdktf";
import { describe, expect, it } from "vitest";
import type { EnvironmentInput } from "../../modules/config/schema.js";
import { addStacks } from "../../stacks/index.js";
import { MonitoringStack } from "../../stacks/monitoring.js";
import { exampleConfig, type Overrides } from "../support/config.js";
import { addressesIn, onlyResource, parse, resources, withApp, type Synthesized } from "../support/synth.js";

const synthesizeText = (overrides: Overrides<EnvironmentInput> = {}): string =>
  withApp((app) => Testing.synth(new MonitoringStack(app, { config: exampleConfig(overrides) }), true));

const synthesize = (overrides: Overrides<EnvironmentInput> = {}): Synthesized => parse(synthesizeText(overrides));

const countByType = (stack: Synthesized): Record<string, number> =>
  Object.fromEntries(Object.entries(stack.resource ?? {}).map(([type, byId]) => [type, Object.keys(byId).length]));

const reason = "measured to be normal here";

describe("the monitoring stack with defaults", () => {
  const text = synthesizeText();
  const stack = parse(text);

  it("the Terraform address of a monitoring resource contains the monitor's name, so that the address stays the same", () => {
    expect(addressesIn(stack)).toEqual(
      expect.arrayContaining([
        "datadog_monitor.cpu-busy",
        "datadog_synthetics_test.page-check",
        "datadog_service_level_objective.service-level-latency",
        "datadog_dashboard_json.dashboard-service",
        "datadog_logs_metric.metric-requests",
        "datadog_logs_custom_pipeline.logs-mysql-slow",
      ]),
    );
  });

  it("the monitoring stack writes a monitor in the provider's format", () => {
    expect(resources(stack, "datadog_monitor")["requests-anomaly"]).toEqual({
      name: "[production] Requests per second are unusual",
      type: "query alert",
      query:
        "avg(last_4h):anomalies(sum:nginx.net.request_per_s{env:production}, 'agile', 3, direction='both', interval=60, alert_window='last_15m', count_default_zero='true', seasonality='daily') >= 0.8",
      message: expect.stringContaining("docs/runbook.md#requests-anomaly") as unknown,
      tags: ["area:web", "env:production", "monitor:requests-anomaly"],
      priority: "3",
      include_tags: true,
      require_full_window: false,
      monitor_thresholds: { critical: "0.8", warning: "0.5", critical_recovery: "0.65", warning_recovery: "0.45" },
      monitor_threshold_windows: { trigger_window: "last_15m", recovery_window: "last_15m" },
      notify_no_data: false,
      renotify_interval: 10_080,
      renotify_occurrences: 104,
      renotify_statuses: ["alert", "warn"],
      evaluation_delay: 60,
    });
  });

  it("the monitoring stack refers to other resources in composites and burn rates by Terraform references", () => {
    const monitors = resources(stack, "datadog_monitor");
    expect(monitors["server-errors"]?.["query"]).toBe(
      "${datadog_monitor.server-error-share.id} && ${datadog_monitor.server-error-count.id}",
    );
    expect(monitors["availability-fast-burn"]?.["query"]).toBe(
      'burn_rate("${datadog_service_level_objective.service-level-availability.id}").over("30d").long_window("1h").short_window("5m") > 14.4',
    );
  });

  it("the monitoring stack contains no keys and uses the configured site", () => {
    const provider = (JSON.parse(text) as { provider: unknown }).provider;
    expect(provider).toEqual({ datadog: [{ api_url: "https://api.datadoghq.eu" }] });
  });

  it("the monitoring stack contains no text that Terraform would read as a template", () => {
    expect(text.replaceAll("%%{", "")).not.toContain("%{");
    const references = [...text.matchAll(/\$\{([^}]*)\}/g)].map(([, reference]) => reference);
    for (const reference of references) expect(reference).toMatch(/^datadog_\w+\.[\w-]+\.id$/);
  });
});

describe("the monitoring stack with every setting", () => {
  const stack = synthesize({
    monitoring: {
      site: "us5.datadoghq.com",
      runbookUrl: "https://wiki.foobar.com/runbook",
      monitors: { "dns-check": { reason, enabled: false }, "cpu-busy": { reason, critical: 2, urgency: "urgent" } },
      serviceLevels: { availabilityPercent: 99.5, latencyPercent: 94, latencySeconds: 1 },
      synthetics: { locations: ["aws:eu-north-1"], intervalSeconds: 60 },
      downtimes: { kernel: { reason: "kernel update", start: "2026-12-01T20:00:00Z", end: "2026-12-01T21:00:00Z" } },
    },
  });

  it("the monitoring stack contains every value that the configuration adjusts", () => {
    expect(countByType(stack)).toMatchObject({ datadog_synthetics_test: 4, datadog_downtime_schedule: 1 });
    expect(resources(stack, "datadog_monitor")["cpu-busy"]).toMatchObject({
      monitor_thresholds: { critical: "2", warning: "15", critical_recovery: "8.5", warning_recovery: "16.5" },
      message: expect.stringContaining("{{#is_alert}}@pagerduty-foobar{{/is_alert}}") as unknown,
    });
    expect(resources(stack, "datadog_synthetics_test")["page-check"]).toMatchObject({
      locations: ["aws:eu-north-1"],
      options_list: { tick_every: 60, min_location_failed: 1 },
    });
    expect(onlyResource(stack, "datadog_downtime_schedule")).toMatchObject({ scope: "env:production" });
    expect(resources(stack, "datadog_service_level_objective")["service-level-availability"]).toMatchObject({
      thresholds: [{ target: 99.5, timeframe: "30d" }],
    });
  });
});

it("the synthesis fails if Datadog would reject an adjusted monitor", () => {
  expect(() => synthesize({ monitoring: { monitors: { "cpu-busy": { reason, warning: 3 } } } })).toThrow(
    "monitoring.monitors.cpu-busy: warning (3) must lie on the healthy side of critical (5)",
  );
});

it("an environment without monitoring has no monitoring stack", () => {
  const { monitoring } = withApp((app) => addStacks(app, exampleConfig({ monitoring: { enabled: false } })));
  expect(monitoring).toBeUndefined();
});

it("the monitoring stack is deployed last, because cdktf starts no stack after a failure and the site must not wait for Datadog's keys", () => {
  const { edge, monitoring } = withApp((app) => addStacks(app, exampleConfig()));
  expect(monitoring?.dependencies).toEqual([edge]);
});
