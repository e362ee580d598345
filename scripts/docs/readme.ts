import { readFileSync } from "node:fs";
import { exampleConfig } from "../../__tests__/support/config.js";
import { renderReview, review } from "../../modules/review/index.js";
import { policies } from "../../modules/review/policies/index.js";
import { markdownPage } from "./markdown.js";

const begin = "<!-- The foot of the example's review, made by `npm run docs`. -->";
const end = "<!-- End of the review. -->";

/** Summary and warnings of the example's review. Payloads are left out: their sizes change with every file. */
function excerpt(): string {
  const config = exampleConfig();
  const results = policies.map(({ id, isAccepted }) => ({
    policy: id,
    outcome: isAccepted?.(config) ? ("accepted" as const) : ("passed" as const),
  }));
  const text = renderReview(
    review(config, { payloads: [], policies: results, hasDatadogApiKey: true, today: new Date("2026-12-01") }),
    {
      color: false,
    },
  );
  return ["```text", text.slice(text.indexOf("\nSummary\n")).trim(), "```"].join("\n");
}

/** README.md, with what the review says of the example. */
export function readmePage(): Promise<string> {
  const text = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const [before, after] = [text.split(begin)[0] ?? "", text.split(end)[1] ?? ""];
  return markdownPage([before.trimEnd(), begin, excerpt(), end, after.trim()]);
}
