import { readFileSync } from "node:fs";
import { faultTable, judgedCommands, type JudgedCommand, type Verdict } from "../../ops/core/faults.js";
import { markdownPage, markdownTable } from "./markdown.js";

const page = new URL("../../docs/operations.md", import.meta.url);
const begin = "<!-- Generated from ops/core/faults.ts by `npm run docs`. -->";
const end = "<!-- End of the generated table. -->";

const headings: Readonly<Record<JudgedCommand, string>> = {
  ...{ rollout: "rollout", upgrade: "upgrade", remove: "remove", replace: "replace", failover: "failover" },
  ...{ release: "release", rollback: "release --rollback" },
  rotate: "rotate",
  "rotate-passwords": "rotate database-passwords",
  "rotate-authority": "rotate database-authority",
  balancers: "balancers",
};

const marks: Readonly<Record<Verdict, string>> = { fixes: "fixes", ignores: "–", stops: "stops" };

const table = (): string =>
  markdownTable(
    ["fault", ...judgedCommands.map((command) => headings[command])],
    Object.values(faultTable).map(({ meaning, verdicts }) => [
      meaning,
      ...judgedCommands.map((command) => marks[verdicts[command]]),
    ]),
  );

/** docs/operations.md, with the fault table that the commands use. */
export function operationsPage(): Promise<string> {
  const text = readFileSync(page, "utf8");
  const [before, after] = [text.split(begin)[0] ?? "", text.split(end)[1] ?? ""];
  return markdownPage([before.trimEnd(), begin, table(), end, after.trim()]);
}
