import { fullCatalogue } from "../../../../modules/datadog/catalogue/index.js";
import { metricNames } from "../../../../modules/datadog/logs/names.js";
import type { MonitorId } from "../../../../modules/platform/monitor-ids.js";
import { exampleBackup } from "../../../support/config.js";
import { holdsFor, type Sent } from "../small-datadog.js";
import { exampleContext, renderedMonitors } from "../support.js";

const overrides = { backup: exampleBackup };
export const definitions = new Map(fullCatalogue(exampleContext(overrides)).map((one) => [one.id, one]));
export const monitors = renderedMonitors(overrides);
export const metrics = metricNames("production");

/**
 * Returns a function that creates a metric, which a server sends every minute. With `since`, the metric had another value before that time.
 */
export const sends =
  (metric: string, tags: Readonly<Record<string, string>> = {}) =>
  (server: string, value: number, since?: { readonly minutes: number; readonly before: number }): Sent => ({
    metric,
    tags: { env: "production", server, ...tags },
    at: (ago) => (since && ago >= since.minutes ? since.before : value),
  });

/** Returns the groups for which a monitor alerts, and the groups for which the monitor warns. */
export const named = (id: MonitorId, sent: readonly Sent[]) => {
  const { query = "", monitorThresholds } = monitors.get(id) ?? {};
  const warning = monitorThresholds?.warning;
  return {
    alert: holdsFor(query, sent),
    warning: warning === undefined ? "none" : holdsFor(query, sent, Number(warning)),
  };
};
