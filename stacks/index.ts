import type { App } from "cdktf";
import type { Config } from "../modules/config/schema.js";
import { CredentialsStack } from "./credentials.js";
import { EdgeStack } from "./edge.js";
import { FoundationStack } from "./foundation.js";
import { MonitoringStack } from "./monitoring.js";
import { ServersStack } from "./servers.js";

/** The stacks of an environment by name. */
export interface Stacks {
  readonly foundation: FoundationStack;
  readonly credentials: CredentialsStack;
  readonly servers: ServersStack;
  readonly edge: EdgeStack;
  /** The monitors and dashboards. @default - none: `monitoring.enabled` is false */
  readonly monitoring?: MonitoringStack;
}

/** Adds all stacks of an environment. Data flows one way: foundation and credentials, servers, edge. Monitoring comes last. */
export function addStacks(app: App, config: Config, terraform?: string): Stacks {
  const foundation = new FoundationStack(app, { config });
  const credentials = new CredentialsStack(app, { config });
  const servers = new ServersStack(app, { config, foundation, credentials, terraform });
  const edge = new EdgeStack(app, { config, foundation, credentials, servers });
  const monitoring = config.monitoring.enabled ? new MonitoringStack(app, { config }) : undefined;
  // Depends on all others without using their values: cdktf starts no further stack after a failure, and the site must not wait for
  // Datadog's keys.
  monitoring?.addDependency(edge);
  return { foundation, credentials, servers, edge, monitoring };
}
