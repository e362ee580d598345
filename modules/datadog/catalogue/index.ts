import type { MonitorDefinition, Thresholds } from "../definition.js";
import { monitorIds, type Area, type MonitorId } from "../../platform/monitor-ids.js";
import type { MonitoringContext } from "../scope.js";
import { availabilityMonitors } from "./availability.js";
import { mysqlMonitors } from "./mysql.js";
import { securityMonitors } from "./security.js";
import { serverMonitors } from "./servers.js";
import { webMonitors } from "./web.js";

/** Functions that return the monitors, by area. */
export const monitorsByArea = {
  web: webMonitors,
  servers: serverMonitors,
  mysql: mysqlMonitors,
  security: securityMonitors,
  availability: availabilityMonitors,
} satisfies Readonly<Record<Area, (context: MonitoringContext) => readonly MonitorDefinition[]>>;

/** Returns all monitors with their defaults, in the order of the areas. */
export const fullCatalogue = (context: MonitoringContext): readonly MonitorDefinition[] =>
  Object.values(monitorsByArea).flatMap((monitorsOf) => monitorsOf(context));

/** Returns the area of a monitor or synthetic test. */
export const areaOf = (id: MonitorId): Area =>
  (Object.keys(monitorIds) as Area[]).find((area) => (monitorIds[area] as readonly MonitorId[]).includes(id)) as Area;

/** Returns true if a monitor or synthetic test is enabled in the configuration. */
export const isOn = ({ config }: MonitoringContext, id: MonitorId): boolean =>
  config.monitoring.monitors[id]?.enabled ?? true;

/** Returns the monitors on which a composite monitor depends. */
const partsOf = ({ condition }: MonitorDefinition): readonly MonitorId[] =>
  condition.kind === "composite" ? condition.all : [];

function adjusted(definition: MonitorDefinition, { config }: MonitoringContext): MonitorDefinition {
  const change = config.monitoring.monitors[definition.id];
  if (!change) return definition;
  const { critical, warning, urgency = definition.urgency } = change;
  const thresholds: Thresholds | undefined = definition.thresholds && {
    ...definition.thresholds,
    critical: critical ?? definition.thresholds.critical,
    warning: warning ?? definition.thresholds.warning,
  };
  return { ...definition, urgency, thresholds };
}

/**
 * Returns the monitors of an environment, adjusted by its configuration. Omits disabled monitors and composite monitors
 * that depend on a disabled monitor.
 */
export const catalogue = (context: MonitoringContext): readonly MonitorDefinition[] =>
  fullCatalogue(context)
    .filter((definition) => [definition.id, ...partsOf(definition)].every((id) => isOn(context, id)))
    .map((definition) => adjusted(definition, context));
