import type { DowntimeScheduleConfig } from "@cdktf/provider-datadog/lib/downtime-schedule/index.js";
import type { Config } from "../config/schema.js";
import { literal } from "../terraform/literal.js";
import type { MonitoringContext } from "./scope.js";

type Downtime = Config["monitoring"]["downtimes"][string];

/**
 * Returns a downtime in the format of the Terraform provider. A downtime of one server selects its alerts by the
 * agent's tag `server`.
 */
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
