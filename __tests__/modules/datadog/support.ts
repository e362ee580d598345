import { contextOf } from "../../../modules/datadog/scope.js";
import { renderMonitor, type RenderedMonitor } from "../../../modules/datadog/monitor.js";
import { catalogue } from "../../../modules/datadog/catalogue/index.js";
import type { MonitorId } from "../../../modules/platform/monitor-ids.js";
import type { References } from "../../../modules/datadog/query.js";
import { exampleConfig, type Overrides } from "../../support/config.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";

/** References to other objects, with names instead of ids, because only Datadog knows the ids. */
export const names: References = { monitor: (id) => `<${id}>`, serviceLevel: (name) => `<${name}>` };

export const exampleContext = (overrides: Overrides<EnvironmentInput> = {}) => contextOf(exampleConfig(overrides));

/** Returns all monitors of the example environment with these overrides, by name. */
export const renderedMonitors = (
  overrides: Overrides<EnvironmentInput> = {},
): ReadonlyMap<MonitorId, RenderedMonitor> => {
  const context = exampleContext(overrides);
  return new Map(catalogue(context).map((one) => [one.id, renderMonitor(one, context, names)]));
};

export const renderedMonitor = (id: MonitorId, overrides: Overrides<EnvironmentInput> = {}): RenderedMonitor => {
  const found = renderedMonitors(overrides).get(id);
  if (!found) throw new Error(`no monitor ${id} in this configuration`);
  return found;
};
