import { trafficRow } from "../../modules/review/review.js";
import { trafficRules } from "../../modules/config/traffic/rules.js";
import { markdownPage, markdownTable } from "./markdown.js";

/** docs/traffic.md: the rule table, in every configuration. */
export function trafficPage(): Promise<string> {
  const rows = trafficRules.map((rule) => {
    const { from, to, network, ports, users, why } = trafficRow(rule);
    return [from, to, network, ports, users.join(", ") || "-", why, rule.when ? `when ${rule.when.text}` : "always"];
  });
  return markdownPage([
    "# Traffic",
    "Generated from `modules/config/traffic/rules.ts` by `npm run docs`.",
    "Who may open a connection to whom. Everything else is dropped, in both directions, on every server; the provider's firewalls repeat the public lines.",
    "Servers are known to each other by the ranges of their roles: `database` is `network.databaseRange`; `web` is `network.webRange`, and `network.databaseRange` too, for servers with both roles.",
    markdownTable(["From", "To", "Network", "Ports", "As user", "Why", "Exists"], rows),
  ]);
}
