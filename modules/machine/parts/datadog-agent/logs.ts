import { stringify } from "yaml";
import type { Role } from "../../../config/schema.js";
import { logSources, type LogSource } from "./collected.js";

/**
 * Returns the entry of a log source in the agent's configuration. If two entries read the same journal, they need
 * different `config_id`s.
 */
function entry({ service, source, from }: LogSource): object {
  const common = { type: from.type, service, source };
  if (from.type === "journald")
    return {
      ...common,
      config_id: service,
      ...(from.unit && { include_units: [from.unit] }),
      ...(from.match && { include_matches: [from.match] }),
    };
  return {
    ...common,
    path: from.path,
    ...(from.entryBegins && {
      log_processing_rules: [{ type: "multi_line", name: "entry", pattern: from.entryBegins }],
    }),
  };
}

/** Returns the agent's log configuration for servers with these roles. */
export const logConfiguration = (roles: readonly Role[]): string =>
  stringify({ logs: logSources.filter(({ role }) => !role || roles.includes(role)).map(entry) }, { lineWidth: 0 });
