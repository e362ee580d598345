import * as z from "zod";
import { allMonitorIds } from "../../platform/monitor-ids.js";
import * as values from "../values/index.js";

const reason = values.matching(
  /^\S.{8,498}\S$/,
  "must be a sentence of 10 to 500 characters",
  "state the reason for readers of the review",
);

const percent = z.number().min(50).max(99.999);

/**
 * Threshold of a monitor. Numbers that JavaScript writes with an exponent are rejected, because Datadog's query
 * language has no exponents.
 */
const threshold = z.number().refine((value) => !String(value).includes("e"), {
  message: "must be a number without an exponent",
  params: { fix: "choose a number that is neither extremely large nor extremely small" },
});

/**
 * Datadog handles of receivers without duplicates. At most 20 are allowed, because with more receivers no person feels
 * responsible.
 */
const receivers = values.distinct(values.receiver, 20);

const change = z.strictObject({
  /** Reason for the change, 10 to 500 characters. The review shows the reason. */
  reason: reason,
  /** Whether the monitor exists. Default: true. */
  enabled: z.boolean().default(true),
  /** Critical threshold, in the monitor's unit. Default: the threshold in the catalogue. */
  critical: threshold.optional(),
  /** Warning threshold, in the monitor's unit. Default: the threshold in the catalogue. */
  warning: threshold.optional(),
  /** Receivers of the critical alerts: `receivers.urgent` or `receivers.notUrgent`. Default: the urgency in the catalogue. */
  urgency: z.enum(["urgent", "notUrgent"]).optional(),
});

const downtime = z.strictObject({
  /** Reason for the downtime, 10 to 500 characters. Datadog shows the reason. */
  reason: reason,
  /** Start of the downtime, in UTC. */
  start: values.utcTime,
  /** End of the downtime, in UTC. */
  end: values.utcTime,
  /** Server whose alerts are muted. Default: all alerts are muted. */
  server: values.serverName.optional(),
});

/** Settings of the monitors, their thresholds and the receivers of alerts. */
export const monitoring = z.strictObject({
  /** Whether servers run the Datadog agent and the monitors exist. Default: true. */
  enabled: z.boolean().default(true),
  /** Datadog site of the account. Default: "datadoghq.eu". */
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
    .default("datadoghq.eu"),
  receivers: z
    .strictObject({
      /** Recipients of urgent alerts, as Datadog handles such as `@name`, at most 20. */
      urgent: receivers.default([]),
      /** Recipients of alerts that can wait until morning, as Datadog handles, at most 20. */
      notUrgent: receivers.default([]),
    })
    .prefault({}),
  /** URL of docs/runbook.md, for links in alerts. Default: alerts contain only the path of the file. */
  runbookUrl: values.pageUrl.optional(),
  /** Changed or disabled monitors, by name. The headings of docs/runbook.md are the names. */
  monitors: z.partialRecord(z.enum(allMonitorIds), change).default({}),
  serviceLevels: z
    .strictObject({
      /** Percentage of requests in 30 days that must not fail, 50 to 99.999. Default: 99.9. */
      availabilityPercent: percent.default(99.9),
      /** Percentage of requests in 30 days that must be fast, 50 to 99.999. Default: 95. */
      latencyPercent: percent.default(95),
      /** Maximum duration of a fast request, in seconds, 0.01 to 30. Default: 0.5. */
      latencySeconds: z.number().min(0.01).max(30).default(0.5),
    })
    .prefault({}),
  synthetics: z
    .strictObject({
      /** Datadog locations that check the site from outside, 1 to 20. Default: ["aws:eu-central-1", "aws:eu-west-1", "aws:us-east-1"]. */
      locations: values
        .distinct(
          values.matching(/^[a-z]+:[\w.-]+$/, "must be a Datadog location", 'write it as "aws:eu-central-1"'),
          20,
        )
        .min(1)
        .default(["aws:eu-central-1", "aws:eu-west-1", "aws:us-east-1"]),
      /** Time between two checks of page, API and DNS from one location, in seconds, 30 to 604800. Default: 300. */
      intervalSeconds: z.int().min(30).max(604_800).default(300),
    })
    .prefault({}),
  /** Planned maintenance during which alerts are muted, by a short name. Remove an entry after its end. */
  downtimes: z.record(values.downtimeName, downtime).default({}),
});
