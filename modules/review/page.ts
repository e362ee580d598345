import { maximumBytes, warningBytes } from "../machine/compose/index.js";
import { renderMarkup } from "./markup.js";
import type { Review } from "./review.js";
import { kib } from "./size.js";
import { costText, euros, serverTable, trafficTable } from "./tables.js";

/** Splits a text into code (text between backticks) and other text. */
const partsOf = (text: string) => text.split("`").map((part, index) => ({ part, isCode: index % 2 === 1 }));

/**
 * Returns the details of a policy as one text. If several resources have the same reason, the reason follows once after
 * the list of resources.
 */
function together(details: readonly string[]): string {
  const places = new Map<string, string[]>();
  for (const detail of details) {
    const [, place = "", text = detail] = /^(\S+): (.*)$/s.exec(detail) ?? [];
    places.set(text, [...(places.get(text) ?? []), ...(place === "" ? [] : [place])]);
  }
  return [...places].map(([text, of]) => (of.length === 0 ? text : `${of.join(", ")}: ${text}`)).join(" ");
}

/** Returns the review as one self-contained HTML page. @param topology SVG of `drawTopology` */
export function renderPage(review: Review, topology: string): string {
  const count = (outcome: string): number => review.policies.filter((policy) => policy.outcome === outcome).length;
  return renderMarkup(new URL("./files/review.html.hbs", import.meta.url), {
    ...{ environment: review.environment, site: review.site, topology },
    summary: review.summary,
    warnings: review.warnings.map(({ setting, text }) => ({ setting, parts: partsOf(text) })),
    cost: costText(review.cost),
    policyCounts: `${count("passed")} passed, ${count("accepted")} accepted, ${count("failed")} failed`,
    payloads: review.servers.flatMap(({ name, payload }) =>
      payload ? [{ name, bytes: payload.bytes, size: kib(payload.bytes) }] : [],
    ),
    ...{ maximumBytes, warningBytes, maximum: kib(maximumBytes), warning: kib(warningBytes) },
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
        columns: ["policy", "outcome", "description"],
        rows: review.policies.map(({ policy, outcome, description, details = [] }) => [
          policy,
          outcome,
          [`${description}.`, together(details)].join(" ").trim(),
        ]),
      },
    ],
  });
}
