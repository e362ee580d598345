import { DatadogProvider } from "@cdktf/provider-datadog/lib/provider/index.js";
import type { Construct } from "constructs";
import { Monitoring } from "../modules/datadog/index.js";
import { PlatformStack, type PlatformStackProps } from "./platform-stack.js";

/** Returns the URL of Datadog's API for a Datadog site. The URL has only scheme and host. */
const apiUrl = (site: string): string => `https://api.${site}`;

/**
 * Creates all Datadog resources. The monitoring stack uses no values of other stacks and is deployed after them, so that its failure stops
 * no other stack. The keys come from DD_API_KEY and DD_APP_KEY. An environment with `monitoring.enabled: false` does not have this stack.
 */
export class MonitoringStack extends PlatformStack {
  constructor(scope: Construct, props: PlatformStackProps) {
    super(scope, "monitoring", props);
    new DatadogProvider(this, "datadog", { apiUrl: apiUrl(props.config.monitoring.site) });
    // cdktf omits the id "Default" from Terraform addresses, for example datadog_monitor.cpu-busy.
    new Monitoring(this, "Default", props);
  }
}
