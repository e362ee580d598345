import { trafficRow } from "../../modules/review/review.js";
import { trafficRules } from "../../modules/derived/traffic/rules.js";
import { markdownPage, markdownTable } from "./markdown.js";

/** Returns docs/traffic.md: the rule table for all configurations. */
export function trafficPage(): Promise<string> {
  const rows = trafficRules.map((rule) => {
    const { from, to, network, ports, users, why } = trafficRow(rule);
    return [from, to, network, ports, users.join(", ") || "-", rule.when ? `${why}; when ${rule.when.text}` : why];
  });
  return markdownPage([
    "# Traffic",
    "Generated from `modules/derived/traffic/rules.ts` by `npm run docs`.",
    "This table lists all allowed connections. Servers drop all other packets in both directions.",
    "`database` means the addresses of `network.databaseRange`. `web` means the addresses of `network.webRange` and `network.databaseRange`, because servers can have both roles.",
    markdownTable(["From", "To", "Network", "Ports", "As user", "Why"], rows),
  ]);
}
