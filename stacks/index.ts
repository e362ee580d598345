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
  /** Stack with the monitors and dashboards. @default - none, because `monitoring.enabled` is false */
  readonly monitoring?: MonitoringStack;
}

/**
 * Adds all stacks of an environment. Each stack uses data only of earlier stacks: foundation and credentials, servers, edge. The monitoring
 * stack comes last.
 */
export function addStacks(app: App, config: Config, terraform?: string): Stacks {
  const foundation = new FoundationStack(app, { config });
  const credentials = new CredentialsStack(app, { config });
  const servers = new ServersStack(app, { config, foundation, credentials, terraform });
  const edge = new EdgeStack(app, { config, foundation, credentials, servers });
  const monitoring = config.monitoring.enabled ? new MonitoringStack(app, { config }) : undefined;
  // The monitoring stack depends on all other stacks, although it uses none of their values. cdktf starts no further stack after a failure,
  // so missing Datadog keys must not stop the site.
  monitoring?.addDependency(edge);
  return { foundation, credentials, servers, edge, monitoring };
}
