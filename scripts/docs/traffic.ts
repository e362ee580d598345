import { trafficRow } from "../../modules/review/review.js";
import { trafficRules } from "../../modules/derived/traffic/rules.js";
import { markdownPage, markdownTable } from "./markdown.js";

/** docs/traffic.md: the rule table for all configurations. */
export function trafficPage(): Promise<string> {
  const rows = trafficRules.map((rule) => {
    const { from, to, network, ports, users, why } = trafficRow(rule);
    return [from, to, network, ports, users.join(", ") || "-", rule.when ? `${why}; when ${rule.when.text}` : why];
  });
  return markdownPage([
    "# Traffic",
    "Generated from `modules/derived/traffic/rules.ts` by `npm run docs`.",
    "All allowed connections. Every server drops all other packets in both directions; the provider firewalls repeat the public lines.",
    "Servers are identified by the address ranges of their roles: `database` is `network.databaseRange`; `web` is `network.webRange` plus `network.databaseRange`, because servers can have both roles.",
    markdownTable(["From", "To", "Network", "Ports", "As user", "Why"], rows),
  ]);
}
