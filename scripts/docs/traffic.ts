import type { Config } from "../../modules/config/schema.js";
import { trafficRows } from "../../modules/review/review.js";
import { trafficRules, type TrafficRule } from "../../modules/config/traffic/rules.js";
import { markdownPage, markdownTable } from "./markdown.js";

/** A setting that rules depend on, as one change away from a configuration in which every rule exists. */
interface Condition {
  readonly text: string;
  readonly without: (config: Config) => Config;
}

const conditions: readonly Condition[] = [
  { text: 'tls is "passthrough"', without: (config) => ({ ...config, tls: "terminate" }) },
  {
    text: "administrators.cidrs names networks",
    without: (config) => ({ ...config, administrators: { ...config.administrators, cidrs: [] } }),
  },
  {
    text: "monitoring is enabled",
    without: (config) => ({ ...config, monitoring: { ...config.monitoring, enabled: false } }),
  },
];

/** A configuration in which every rule exists. */
const withEveryRule = (config: Config): Config => ({
  ...config,
  tls: "passthrough",
  administrators: { ...config.administrators, cidrs: ["198.51.100.7/32"] },
  monitoring: { ...config.monitoring, enabled: true },
});

function existence(rule: TrafficRule, config: Config): string {
  const every = withEveryRule(config);
  const reasons = conditions.filter((condition) => rule.when?.(condition.without(every)) === false);
  return reasons.length === 0 ? "always" : `when ${reasons.map((condition) => condition.text).join(" and ")}`;
}

/** docs/traffic.md: the rule table, in every configuration. */
export function trafficPage(config: Config): Promise<string> {
  const rows = trafficRows(trafficRules).map(({ from, to, network, ports, users, why }, index) => {
    const rule = trafficRules[index];
    return [from, to, network, ports, users.join(", ") || "-", why, rule ? existence(rule, config) : "always"];
  });
  return markdownPage([
    "# Traffic",
    "Generated from `modules/config/traffic/rules.ts` by `npm run docs`.",
    "Who may open a connection to whom. Everything else is dropped, in both directions, on every server; the provider's firewalls repeat the public lines.",
    "Servers are known to each other by the ranges of their roles: `database` is `network.databaseRange`; `web` is `network.webRange`, and `network.databaseRange` too, for servers with both roles.",
    markdownTable(["From", "To", "Network", "Ports", "As user", "Why", "Exists"], rows),
  ]);
}
