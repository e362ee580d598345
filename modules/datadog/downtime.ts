import type { DowntimeScheduleConfig } from "@cdktf/provider-datadog/lib/downtime-schedule/index.js";
import type { Config } from "../config/schema.js";
import { literal } from "../terraform/literal.js";
import type { MonitoringContext } from "./scope.js";

type Downtime = Config["monitoring"]["downtimes"][string];

/** A downtime in the provider's format. Alerts of one server are selected by the tag `server`, which the agent sends. */
export const downtimeConfig = (
  { reason, start, end, server }: Downtime,
  { env }: MonitoringContext,
): DowntimeScheduleConfig => ({
  scope: server === undefined ? env : `${env} AND server:${server}`,
  message: literal(reason),
  monitorIdentifier: { monitorTags: [env] },
  oneTimeSchedule: { start, end },
  displayTimezone: "UTC",
  muteFirstRecoveryNotification: true,
});
