import * as z from "zod";
import { allMonitorIds } from "../../platform/monitor-ids.js";
import * as values from "../values/index.js";

const reason = values.matching(
  /^\S.{8,498}\S$/,
  "must be a sentence of 10 to 500 characters",
  "say why, for whoever reads the review",
);

const percent = z.number().min(50).max(99.999);

/** Stands in a query, whose grammar has no exponents. */
const threshold = z.number().refine((value) => !String(value).includes("e"), {
  message: "must be a number of a usual size",
  params: { fix: "write one that needs no exponent" },
});

/** Datadog handles, each once. A message to more than twenty is read by nobody. */
const receivers = values.distinct(values.receiver, 20);

const change = z.strictObject({
  reason: reason.describe("Why it is changed; the review shows it."),
  enabled: z.boolean().default(true).describe("Whether the monitor exists."),
  critical: threshold.optional().describe("Critical threshold, in the monitor's unit. Default: the catalogue's."),
  warning: threshold.optional().describe("Warning threshold, in the monitor's unit. Default: the catalogue's."),
  urgency: z
    .enum(["urgent", "notUrgent"])
    .optional()
    .describe("Who gets its critical alerts. Default: as the catalogue says."),
});

const downtime = z.strictObject({
  reason: reason.describe("What is done; the message of the downtime."),
  start: values.utcTime.describe("Begin, in UTC."),
  end: values.utcTime.describe("End, in UTC."),
  server: values.serverName.optional().describe("Server whose alerts are kept back. Default: all alerts."),
});

/** What is watched, how strictly, and who is told. */
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
      urgent: receivers.default([]).describe("Datadog handles that wake a person."),
      notUrgent: receivers.default([]).describe("Datadog handles for what can wait until morning."),
    })
    .prefault({}),
  runbookUrl: values.pageUrl.optional().describe("Address of docs/runbook.md, for links in alerts. Default: its path."),
  monitors: z
    .partialRecord(z.enum(allMonitorIds), change)
    .default({})
    .describe("Monitors that are adjusted or switched off, by name: the headings of docs/runbook.md."),
  serviceLevels: z
    .strictObject({
      availabilityPercent: percent.default(99.9).describe("Requests of 30 days that must not fail, in percent."),
      latencyPercent: percent.default(95).describe("Requests of 30 days that must be fast, in percent."),
      latencySeconds: z.number().min(0.01).max(30).default(0.5).describe("What fast means, in seconds."),
    })
    .prefault({}),
  synthetics: z
    .strictObject({
      locations: values
        .distinct(
          values.matching(/^[a-z]+:[\w.-]+$/, "must be a place of Datadog's", 'write it as "aws:eu-central-1"'),
          20,
        )
        .min(1)
        .default(["aws:eu-central-1", "aws:eu-west-1", "aws:us-east-1"])
        .describe("Places that look at the site from outside."),
      intervalSeconds: z
        .int()
        .min(30)
        .max(604_800)
        .default(300)
        .describe("Time between two looks at page, API and DNS from one place. Each look is billed."),
    })
    .prefault({}),
  downtimes: z
    .record(values.downtimeName, downtime)
    .default({})
    .describe("Planned work during which alerts are kept back, by a short name. Remove an entry once it is over."),
});
