import { describe, expect, it } from "vitest";
import { exampleConfig } from "../../support/config.js";

const reason = "measured to be normal here";
const start = "2026-12-01T20:00:00Z";
const end = "2026-12-01T21:00:00Z";

describe("the monitoring defaults", () => {
  it("the monitoring defaults require 99.9 % successful and 95 % fast requests, adjust no monitor and plan no downtime", () => {
    const { monitors, serviceLevels, synthetics, downtimes, runbookUrl } = exampleConfig().monitoring;
    expect({ monitors, serviceLevels, synthetics, downtimes, runbookUrl }).toEqual({
      monitors: {},
      serviceLevels: { availabilityPercent: 99.9, latencyPercent: 95, latencySeconds: 0.5 },
      synthetics: { locations: ["aws:eu-central-1", "aws:eu-west-1", "aws:us-east-1"], intervalSeconds: 300 },
      downtimes: {},
      runbookUrl: undefined,
    });
  });
});

describe("an entry of a monitor", () => {
  it.each([{ critical: 4 }, { warning: 14 }, { urgency: "urgent" as const }, { enabled: false }])(
    "a monitor's entry is accepted if it changes at least one value: %j",
    (change) => {
      const { monitors } = exampleConfig({
        monitoring: { monitors: { "cpu-busy": { reason, ...change } } },
      }).monitoring;
      expect(monitors["cpu-busy"]).toMatchObject(change);
    },
  );
});

describe("the monitoring settings", () => {
  it.each([
    [
      "a monitor that does not exist",
      { monitors: { "cpu-bussy": { reason, enabled: false } } },
      'monitoring.monitors.cpu-bussy: is not a known setting, got {"reason":"measured to be normal here","enabled":false}; did you mean cpu-busy?',
    ],
    [
      "a change without a reason",
      { monitors: { "cpu-busy": { enabled: false } } },
      "monitoring.monitors.cpu-busy.reason: is required, got nothing; add it: a text in quotes",
    ],
    [
      "a reason that is too short",
      { monitors: { "cpu-busy": { reason: "noisy", enabled: false } } },
      'monitoring.monitors.cpu-busy.reason: must be a sentence of 10 to 500 characters, got "noisy"; state the reason for readers of the review',
    ],
    [
      "a change that changes nothing",
      { monitors: { "cpu-busy": { reason } } },
      'monitoring.monitors.cpu-busy: must change at least one setting of the monitor, got {"reason":"measured to be normal here","enabled":true}; set enabled: false, a threshold or the urgency, or remove the entry',
    ],
    [
      "a downtime that ends before it begins",
      { downtimes: { kernel: { reason, start: end, end: start } } },
      `monitoring.downtimes.kernel.end: must be later than its start (${end}), got "${start}"; change the end or the start`,
    ],
    [
      "a downtime that ends when it begins",
      { downtimes: { kernel: { reason, start, end: start } } },
      `monitoring.downtimes.kernel.end: must be later than its start (${start}), got "${start}"; change the end or the start`,
    ],
    [
      "a downtime in local time",
      { downtimes: { kernel: { reason, start: "2026-12-01T20:00:00+01:00", end } } },
      'monitoring.downtimes.kernel.start: must be a time in UTC, got "2026-12-01T20:00:00+01:00"; write it as 2026-12-01T20:00:00Z',
    ],
    [
      "a downtime whose name is a sentence",
      { downtimes: { "New disks!": { reason, start, end } } },
      'monitoring.downtimes.New disks!: must be a name of at most 40 lower-case letters, digits and hyphens, beginning with a letter, got "New disks!"; write it as "new-disks"',
    ],
    [
      "a downtime of an unknown server",
      { downtimes: { kernel: { reason, start, end, server: "delta" } } },
      'monitoring.downtimes.kernel.server: must be a server of this environment, got "delta"; choose one of alpha, bravo, charlie',
    ],
    [
      "a service level of 100 %",
      { serviceLevels: { availabilityPercent: 100 } },
      "monitoring.serviceLevels.availabilityPercent: must be 99.999 or less, got 100; lower it to 99.999",
    ],
    [
      "a location that Datadog does not have",
      { synthetics: { locations: ["Frankfurt"] } },
      'monitoring.synthetics.locations[0]: must be a Datadog location, got "Frankfurt"; write it as "aws:eu-central-1"',
    ],
    [
      "an empty list of locations",
      { synthetics: { locations: [] } },
      "monitoring.synthetics.locations: must have at least 1 entry, got []; add one",
    ],
  ])("the monitoring settings reject %s", (_what, monitoring, problem) => {
    expect(() => exampleConfig({ monitoring } as never)).toThrow(problem);
  });
});
