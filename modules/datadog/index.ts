import { DashboardJson } from "@cdktf/provider-datadog/lib/dashboard-json/index.js";
import { DowntimeSchedule } from "@cdktf/provider-datadog/lib/downtime-schedule/index.js";
import { LogsCustomPipeline } from "@cdktf/provider-datadog/lib/logs-custom-pipeline/index.js";
import { LogsMetric } from "@cdktf/provider-datadog/lib/logs-metric/index.js";
import { Monitor } from "@cdktf/provider-datadog/lib/monitor/index.js";
import { ServiceLevelObjective } from "@cdktf/provider-datadog/lib/service-level-objective/index.js";
import { SyntheticsTest } from "@cdktf/provider-datadog/lib/synthetics-test/index.js";
import { Construct } from "constructs";
import type { Config } from "../config/schema.js";
import { catalogue } from "./catalogue/index.js";
import { checkMonitoring } from "./check.js";
import { dashboards } from "./dashboards/index.js";
import type { MonitorDefinition, ServiceLevelName } from "./definition.js";
import { downtimeConfig } from "./downtime.js";
import type { MonitorId } from "../platform/monitor-ids.js";
import { logMetrics } from "./logs/metrics.js";
import { logPipelines } from "./logs/pipelines.js";
import { logMetricConfig, pipelineConfig } from "./logs/resources.js";
import { renderMonitor, type RenderedMonitor } from "./monitor.js";
import { serviceLevelWindow } from "./query.js";
import { contextOf, type MonitoringContext } from "./scope.js";
import { serviceLevels } from "./service-levels.js";
import { syntheticConfig } from "./synthetic-resource.js";
import { synthetics } from "./synthetics.js";

/** Properties of {@link Monitoring}. */
export interface MonitoringProps {
  readonly config: Config;
}

/** Creates all resources in Datadog: log pipelines, metrics, monitors, synthetic tests, service levels, dashboards and downtimes. */
export class Monitoring extends Construct {
  private readonly monitors = new Map<MonitorId, Monitor>();
  private readonly objectives = new Map<ServiceLevelName, ServiceLevelObjective>();

  /** @throws Error with all reasons for which Datadog would reject the adjusted monitors */
  constructor(scope: Construct, id: string, { config }: MonitoringProps) {
    super(scope, id);
    checkMonitoring(config);
    const context = contextOf(config);
    this.addLogs(context);
    this.addServiceLevels(context);
    this.addMonitors(context);
    for (const test of synthetics(context)) new SyntheticsTest(this, test.id, syntheticConfig(test, context));
    const serviceLevelId = (name: ServiceLevelName): string => reference(this.objectives.get(name)?.id, name);
    for (const dashboard of dashboards(context, serviceLevelId))
      new DashboardJson(this, dashboard.id, { dashboard: JSON.stringify(dashboard.definition) });
    for (const [name, downtime] of Object.entries(config.monitoring.downtimes))
      new DowntimeSchedule(this, `downtime-${name}`, downtimeConfig(downtime, context));
  }

  private addLogs(context: MonitoringContext): void {
    for (const pipeline of logPipelines(context))
      new LogsCustomPipeline(this, `logs-${pipeline.id}`, pipelineConfig(pipeline, context.config.environment));
    for (const metric of logMetrics(context)) new LogsMetric(this, `metric-${metric.id}`, logMetricConfig(metric));
  }

  private addServiceLevels(context: MonitoringContext): void {
    const { environment } = context.config;
    for (const { name, title, description, targetPercent, good, total } of serviceLevels(context))
      this.objectives.set(
        name,
        new ServiceLevelObjective(this, `service-level-${name}`, {
          name: `[${environment}] ${title}`,
          description,
          type: "metric",
          query: { numerator: good, denominator: total },
          thresholds: [{ timeframe: serviceLevelWindow, target: targetPercent }],
          tags: [`env:${environment}`],
        }),
      );
  }

  /** Creates all monitors. Composite monitors are created last, because they refer to other monitors. */
  private addMonitors(context: MonitoringContext): void {
    const definitions = catalogue(context);
    const isComposite = ({ condition }: MonitorDefinition): boolean => condition.kind === "composite";
    for (const definition of [...definitions.filter((one) => !isComposite(one)), ...definitions.filter(isComposite)])
      this.monitors.set(definition.id, new Monitor(this, definition.id, this.rendered(definition, context)));
  }

  private rendered(definition: MonitorDefinition, context: MonitoringContext): RenderedMonitor {
    return renderMonitor(definition, context, {
      monitor: (id) => reference(this.monitors.get(id)?.id, id),
      serviceLevel: (name) => reference(this.objectives.get(name)?.id, name),
    });
  }
}

function reference(id: string | undefined, name: string): string {
  if (id === undefined) throw new Error(`monitoring: ${name} is referred to before it exists`);
  return id;
}
