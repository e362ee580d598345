import { expect, it } from "vitest";
import { exampleConfig } from "../../support/config.js";

const reason = "measured to be normal here";

it("the default monitoring settings require 99.9 % successful and 95 % fast requests, adjust no monitor and plan no downtime", () => {
  const { monitors, serviceLevels, synthetics, downtimes, runbookUrl } = exampleConfig().monitoring;
  expect({ monitors, serviceLevels, synthetics, downtimes, runbookUrl }).toEqual({
    monitors: {},
    serviceLevels: { availabilityPercent: 99.9, latencyPercent: 95, latencySeconds: 0.5 },
    synthetics: { locations: ["aws:eu-central-1", "aws:eu-west-1", "aws:us-east-1"], intervalSeconds: 300 },
    downtimes: {},
    runbookUrl: undefined,
  });
});

it.each([{ critical: 4 }, { warning: 14 }, { urgency: "urgent" as const }, { enabled: false }])(
  "the configuration accepts a change of a monitor if at least one value changes: %j",
  (change) => {
    const { monitors } = exampleConfig({
      monitoring: { monitors: { "cpu-busy": { reason, ...change } } },
    }).monitoring;
    expect(monitors["cpu-busy"]).toMatchObject(change);
  },
);
