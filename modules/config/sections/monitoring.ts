import * as z from "zod";
import { allMonitorIds } from "../../platform/monitor-ids.js";
import * as values from "../values/index.js";

const reason = values.matching(
  /^\S.{8,498}\S$/,
  "must be a sentence of 10 to 500 characters",
  "state the reason for readers of the review",
);

const percent = z.number().min(50).max(99.999);

/** A threshold is part of a query, whose grammar has no exponents. */
const threshold = z.number().refine((value) => !String(value).includes("e"), {
  message: "must be a number without an exponent",
  params: { fix: "choose a number that is neither extremely large nor extremely small" },
});

/** Datadog handles, each once. With more than twenty receivers, no receiver feels responsible. */
const receivers = values.distinct(values.receiver, 20);

const change = z.strictObject({
  reason: reason.describe("Reason for the change, 10 to 500 characters. The review shows it."),
  enabled: z.boolean().default(true).describe("Whether the monitor exists."),
  critical: threshold
    .optional()
    .describe("Critical threshold, in the monitor's unit. Default: the threshold in the catalogue."),
  warning: threshold
    .optional()
    .describe("Warning threshold, in the monitor's unit. Default: the threshold in the catalogue."),
  urgency: z
    .enum(["urgent", "notUrgent"])
    .optional()
    .describe(
      "Receivers of the critical alerts: `receivers.urgent` or `receivers.notUrgent`. Default: the urgency in the catalogue.",
    ),
});

const downtime = z.strictObject({
  reason: reason.describe(
    "Reason for the downtime, 10 to 500 characters. It becomes the message of the downtime at Datadog.",
  ),
  start: values.utcTime.describe("Start, in UTC."),
  end: values.utcTime.describe("End, in UTC."),
  server: values.serverName.optional().describe("Server whose alerts are muted. Default: all alerts are muted."),
});

/** Monitors, their thresholds and the receivers of alerts. */
export const monitoring = z.strictObject({
  enabled: z.boolean().default(true).describe("Whether servers run the Datadog agent and the monitors exist."),
  site: z
    .enum([
      "datadoghq.com",
      "us3.datadoghq.com",
      "us5.datadoghq.com",
      "datadoghq.eu",
      "ap1.datadoghq.com",
      "ap2.datadoghq.com",
      "ddog-gov.com",
    ])
    .default("datadoghq.eu")
    .describe("Datadog site of the account."),
  receivers: z
    .strictObject({
      urgent: receivers.default([]).describe("Datadog handles that get urgent alerts, day and night, at most 20."),
      notUrgent: receivers
        .default([])
        .describe("Datadog handles that get alerts that can wait until morning, at most 20."),
    })
    .prefault({}),
  runbookUrl: values.pageUrl
    .optional()
    .describe("URL of docs/runbook.md, for links in alerts. Default: alerts contain only the path of the file."),
  monitors: z
    .partialRecord(z.enum(allMonitorIds), change)
    .default({})
    .describe("Changed or disabled monitors, by name. The headings of docs/runbook.md are the names."),
  serviceLevels: z
    .strictObject({
      availabilityPercent: percent
        .default(99.9)
        .describe("Percentage of requests in 30 days that must not fail, 50 to 99.999."),
      latencyPercent: percent
        .default(95)
        .describe("Percentage of requests in 30 days that must be fast, 50 to 99.999."),
      latencySeconds: z
        .number()
        .min(0.01)
        .max(30)
        .default(0.5)
        .describe("Maximum duration of a fast request, in seconds, 0.01 to 30."),
    })
    .prefault({}),
  synthetics: z
    .strictObject({
      locations: values
        .distinct(
          values.matching(/^[a-z]+:[\w.-]+$/, "must be a Datadog location", 'write it as "aws:eu-central-1"'),
          20,
        )
        .min(1)
        .default(["aws:eu-central-1", "aws:eu-west-1", "aws:us-east-1"])
        .describe("Datadog locations that check the site from outside, 1 to 20."),
      intervalSeconds: z
        .int()
        .min(30)
        .max(604_800)
        .default(300)
        .describe(
          "Time between two checks of page, API and DNS from one location, in seconds, 30 to 604800. Datadog bills each check.",
        ),
    })
    .prefault({}),
  downtimes: z
    .record(values.downtimeName, downtime)
    .default({})
    .describe("Planned maintenance during which alerts are muted, by a short name. Remove an entry after its end."),
});
