import { maximumBytes, warningBytes } from "../machine/compose/index.js";
import { renderMarkup } from "./markup.js";
import type { Review } from "./review.js";
import { costText, euros, serverTable, trafficTable } from "./tables.js";

/** The review as one HTML page that needs nothing else to be shown. The topology is the SVG of `drawTopology`. */
export function renderPage(review: Review, topology: string): string {
  const count = (outcome: string): number => review.policies.filter((policy) => policy.outcome === outcome).length;
  return renderMarkup(new URL("./files/review.html.hbs", import.meta.url), {
    ...{ environment: review.environment, site: review.site, topology },
    ...{ summary: review.summary, warnings: review.warnings },
    cost: costText(review.cost),
    policyCounts: `${count("passed")} passed, ${count("accepted")} accepted, ${count("failed")} failed`,
    payloads: review.servers.flatMap(({ name, payload }) => (payload ? [{ name, bytes: payload.bytes }] : [])),
    ...{ maximumBytes, warningBytes },
    tables: [
      serverTable(review),
      trafficTable(review),
      ...review.sections,
      {
        title: "Cost at Hetzner",
        columns: ["what", "EUR a month"],
        rows: [
          ...review.cost.lines.map(({ what, monthlyEur }) => [what, euros(monthlyEur)]),
          ["together", euros(review.cost.monthlyEur)],
        ],
      },
      {
        title: "Policies",
        columns: ["policy", "outcome", "details"],
        rows: review.policies.map(({ policy, outcome, details = [] }) => [policy, outcome, details.join("; ")]),
      },
    ],
  });
}
