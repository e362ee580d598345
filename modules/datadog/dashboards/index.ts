import type { ServiceLevelName } from "../definition.js";
import type { MonitoringContext } from "../scope.js";
import { databaseDashboard } from "./database.js";
import { serversDashboard } from "./servers.js";
import { serviceDashboard } from "./service.js";
import { layOut, type WidgetGroup } from "./widgets.js";

/** A dashboard in the format of Datadog's API. */
export interface Dashboard {
  /** Name of the dashboard in its Terraform address. */
  readonly id: string;
  readonly definition: object;
}

/**
 * Returns the complete definition of a dashboard. The definition includes fields that Datadog's API would otherwise add
 * (description, notify_list, available_values), because every later plan would show these fields as a change.
 */
const definition = (title: string, description: string, environment: string, groups: readonly WidgetGroup[]) => ({
  title: `[${environment}] ${title}`,
  description,
  layout_type: "ordered",
  reflow_type: "fixed",
  notify_list: [],
  template_variables: [
    { name: "env", prefix: "env", available_values: [], defaults: [environment] },
    { name: "role", prefix: "role", available_values: [], defaults: ["*"] },
    { name: "server", prefix: "server", available_values: [], defaults: ["*"] },
  ],
  widgets: layOut(groups),
});

/** Returns the three dashboards of an environment. */
export function dashboards(
  context: MonitoringContext,
  serviceLevelId: (name: ServiceLevelName) => string,
): readonly Dashboard[] {
  const make = (id: string, title: string, description: string, groups: readonly WidgetGroup[]): Dashboard => ({
    id,
    definition: definition(title, description, context.config.environment, groups),
  });
  return [
    make(
      "dashboard-service",
      "Service",
      "The service as visitors see it: traffic, errors, latency, saturation.",
      serviceDashboard(context, serviceLevelId),
    ),
    make("dashboard-database", "Database", "The MySQL group and its members.", databaseDashboard(context)),
    make("dashboard-servers", "Servers", "The machines.", serversDashboard(context)),
  ];
}
