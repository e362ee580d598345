import { DatadogProvider } from "@cdktf/provider-datadog/lib/provider/index.js";
import type { Construct } from "constructs";
import { Monitoring } from "../modules/datadog/index.js";
import { PlatformStack, type PlatformStackProps } from "./platform-stack.js";

/** API address by Datadog site: scheme and host only. */
const apiUrl = (site: string): string => `https://api.${site}`;

/**
 * Everything in Datadog. It takes nothing from other stacks and is deployed after them, so that its failure stops nothing else.
 * Keys come from the environment (DD_API_KEY, DD_APP_KEY). An environment with `monitoring.enabled: false` has no such stack.
 */
export class MonitoringStack extends PlatformStack {
  constructor(scope: Construct, props: PlatformStackProps) {
    super(scope, "monitoring", props);
    new DatadogProvider(this, "datadog", { apiUrl: apiUrl(props.config.monitoring.site) });
    // "Default" is left out of Terraform addresses: datadog_monitor.cpu-busy.
    new Monitoring(this, "Default", props);
  }
}
