import { describe, expect, it } from "vitest";
import { monitoringReview } from "../../../modules/review/monitoring.js";
import { exampleConfig } from "../../support/config.js";

const reason = "measured to be normal here";

describe("monitoringReview", () => {
  it("monitoringReview lists monitors by area with their limits and receivers", () => {
    const [monitors] = monitoringReview(exampleConfig());
    expect(monitors?.rows.map(([area, to]) => [area, to])).toEqual([
      ["web", "@pagerduty-foobar"],
      ["web", "@slack-foobar-operations"],
      ["web", "none: parts of composites"],
      ["servers", "@pagerduty-foobar"],
      ["servers", "@slack-foobar-operations"],
      ["mysql", "@pagerduty-foobar"],
      ["mysql", "@slack-foobar-operations"],
      ["security", "@slack-foobar-operations"],
      ["availability", "@pagerduty-foobar"],
      ["availability", "@slack-foobar-operations"],
    ]);
    expect(monitors?.rows[3]?.[2]).toBe(
      "memory-low < 0.05 (warning 0.1); disk-full > 0.9 (warning 0.8); host-firewall-missing >= 1; private-address-missing >= 1; server-silent (4 in a row)",
    );
  });

  it("monitoringReview lists the costs and the gaps of the monitoring", () => {
    const [, notes] = monitoringReview(exampleConfig());
    expect(notes?.rows.map(([label]) => label)).toEqual([
      "custom metrics",
      "synthetic tests",
      "listening ports",
      "Cloudflare's events",
    ]);
  });

  it("monitoringReview lists every adjustment with its reason, omitted composites and downtimes", () => {
    const [, notes] = monitoringReview(
      exampleConfig({
        monitoring: {
          monitors: { "cpu-busy": { reason, critical: 2 }, "server-error-count": { reason, enabled: false } },
          downtimes: {
            kernel: {
              reason: "kernel update",
              start: "2026-12-01T20:00:00Z",
              end: "2026-12-01T21:00:00Z",
              server: "alpha",
            },
          },
        },
      }),
    );
    expect(notes?.rows.slice(2, 6)).toEqual([
      ["server-error-count", `off: ${reason}`],
      ["cpu-busy", `adjusted: ${reason}`],
      ["server-errors", "off: one of its parts is off"],
      ["downtime kernel", "alpha from 2026-12-01T20:00:00Z to 2026-12-01T21:00:00Z: kernel update"],
    ]);
  });

  it("monitoringReview lists everything that is not monitored if monitoring is disabled", () => {
    const [off, ...others] = monitoringReview(exampleConfig({ monitoring: { enabled: false } }));
    expect(others).toEqual([]);
    expect(off?.title).toBe("Monitoring is off: nothing in this list is monitored");
    expect(off?.rows.map(([area]) => area)).toEqual(["web", "servers", "mysql", "security", "availability"]);
    expect(off?.rows[1]?.[1]).toContain("server-silent");
  });
});
