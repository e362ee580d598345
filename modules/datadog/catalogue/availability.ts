import type { MonitorDefinition, ServiceLevelName } from "../definition.js";
import type { MonitorId } from "../../platform/monitor-ids.js";
import { metric, series, type MonitoringContext } from "../scope.js";
import { instances } from "../../platform/signals.js";

/** Returns the thresholds of certificate monitors, in days until the certificate expires. */
const certificateDays = (config: MonitoringContext["config"]) => ({
  /**
   * Cloudflare renews the edge certificate 30 days before its expiry, so it normally has more than 21 remaining days.
   */
  edge: { critical: 7, warning: 21 },
  origin: originDays(config.certificate.validityDays),
  /** Internal certificates are valid for ten or twenty years. `npm run ops rotate` replaces these certificates on running servers. */
  internal: { critical: 60, warning: 180 },
});

/**
 * Returns the thresholds of the origin certificate in days. The thresholds are at most a third and a sixth of the
 * validity. Otherwise, a new certificate with a short validity would alert at once.
 */
const originDays = (validityDays: number) => ({
  critical: Math.min(14, Math.floor(validityDays / 6)),
  warning: Math.min(30, Math.floor(validityDays / 3)),
});

const day = 24 * 60;

/** Minutes until Datadog repeats an alert about a certificate. */
const certificateRepeatMinutes = { edge: day, origin: day, internal: 7 * day } as const;

/**
 * Burn rates of Google's SRE workbook for a period of 30 days. `fast` uses 2 % of the error budget in one hour, `slow`
 * uses 5 % in six hours. The short time window is a twelfth of the long time window, so that the alert ends soon after
 * the fault.
 */
const burnRates = {
  fast: { longWindow: "1h", shortWindow: "5m", critical: 14.4 },
  slow: { longWindow: "6h", shortWindow: "30m", critical: 6 },
} as const;

const burn = (
  id: MonitorId,
  serviceLevel: ServiceLevelName,
  pace: keyof typeof burnRates,
  meaning: string,
): MonitorDefinition => {
  const { critical, ...windows } = burnRates[pace];
  return {
    id,
    title: `The ${serviceLevel} budget burns ${pace === "fast" ? "fast" : "slowly but steadily"}`,
    condition: { kind: "burn", serviceLevel, ...windows },
    thresholds: { critical },
    urgency: pace === "fast" ? "urgent" : "notUrgent",
    priority: pace === "fast" ? 1 : 3,
    meaning,
    firstLook: [
      "Find the start, the route class and the server on the service dashboard.",
      `Check whether ${serviceLevel === "availability" ? "server-errors" : "latency-p95"} alerts.`,
    ],
  };
};

const certificate = (
  id: MonitorId,
  { env, config }: MonitoringContext,
  kind: keyof typeof certificateRepeatMinutes,
  { by = [], ...words }: Pick<MonitorDefinition, "title" | "meaning" | "firstLook"> & { readonly by?: string[] },
): MonitorDefinition => ({
  id,
  condition: metric(
    "max",
    "1d",
    series("min", "tls.days_left", [env, `name:${instances[`${kind}Certificate`]}`], by),
    "<",
  ),
  thresholds: certificateDays(config)[kind],
  repeatMinutes: certificateRepeatMinutes[kind],
  noDataMinutes: 2880,
  urgency: "urgent",
  priority: 2,
  ...words,
});

/** Returns the monitors of certificates and service levels. synthetics.ts defines the synthetic tests. */
export const availabilityMonitors = (context: MonitoringContext): readonly MonitorDefinition[] => [
  certificate("edge-certificate", context, "edge", {
    title: "Cloudflare's certificate expires",
    meaning:
      "Cloudflare's certificate expires in fewer days than this limit. After the expiry, every visitor gets an error.",
    firstLook: [
      "Cloudflare should have renewed the certificate 30 days before its end. Check SSL/TLS > Edge Certificates at Cloudflare.",
    ],
  }),
  certificate("origin-certificate", context, "origin", {
    title: "The origin certificate expires",
    meaning:
      "The origin certificate expires in fewer days than this limit. After the expiry, every visitor gets an error.",
    firstLook: [
      "Raise certificate.generation by one, then run `npm run ops rotate origin-certificate`. The rotation causes no outage.",
    ],
  }),
  certificate("internal-certificate", context, "internal", {
    by: ["server", "file"],
    title: "A certificate file on a server expires",
    meaning:
      "A certificate of our own authority expires in fewer days than this limit. After the expiry, MySQL's connections fail, or nginx rejects Cloudflare.",
    firstLook: [
      "The alert's tags show the server and the file.",
      "Rotate the authority of this certificate, as the runbook describes.",
    ],
  }),
  burn(
    "availability-fast-burn",
    "availability",
    "fast",
    "At this rate the month's budget of failed requests is used up in two days.",
  ),
  burn(
    "availability-slow-burn",
    "availability",
    "slow",
    "At this rate the month's budget of failed requests is used up in five days.",
  ),
  burn(
    "latency-fast-burn",
    "latency",
    "fast",
    "At this rate the month's budget of slow requests is used up in two days.",
  ),
  burn(
    "latency-slow-burn",
    "latency",
    "slow",
    "At this rate the month's budget of slow requests is used up in five days.",
  ),
];
