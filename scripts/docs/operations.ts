import { readFileSync } from "node:fs";
import { faultTable, judgedCommands, type JudgedCommand, type Verdict } from "../../ops/core/faults.js";
import { markdownPage, markdownTable } from "./markdown.js";

const page = new URL("../../docs/operations.md", import.meta.url);
const begin = "<!-- Generated from ops/core/faults.ts by `npm run docs`. -->";
const end = "<!-- End of the generated table. -->";

const headings: Readonly<Record<JudgedCommand, string>> = {
  ...{ rollout: "rollout", upgrade: "upgrade", remove: "remove", replace: "replace", failover: "failover" },
  ...{ release: "release", rollback: "release --rollback" },
  rotate: "other rotations",
  "rotate-passwords": "rotate database-passwords",
  "rotate-authority": "rotate database-authority",
  balancers: "balancers",
};

const faults = Object.values(faultTable);

const meanings = (command: JudgedCommand, verdict: Verdict): readonly string[] =>
  faults.filter(({ verdicts }) => verdicts[command] === verdict).map(({ meaning }) => meaning);

/** Describes the faults that stop a command. If most faults stop the command, the text lists only the exceptions. */
function stoppedBy(command: JudgedCommand): string {
  const stops = meanings(command, "stops");
  const others = faults.map(({ meaning }) => meaning).filter((meaning) => !stops.includes(meaning));
  if (others.length === 0) return "every fault";
  return others.length < stops.length ? `every fault except: ${others.join("; ")}` : stops.join("; ") || "none";
}

/** Returns the fault table. Commands with the same cells share one row. */
function table(): string {
  const rows = new Map<string, string[]>();
  for (const command of judgedCommands) {
    const cells = JSON.stringify([stoppedBy(command), meanings(command, "fixes").join("; ") || "none"]);
    rows.set(cells, [...(rows.get(cells) ?? []), headings[command]]);
  }
  return markdownTable(
    ["command", "is stopped by", "can repair"],
    [...rows].map(([cells, commands]) => [commands.join(", "), ...(JSON.parse(cells) as string[])]),
  );
}

/** Returns docs/operations.md with the current fault table. */
export function operationsPage(): Promise<string> {
  const text = readFileSync(page, "utf8");
  const [before, after] = [text.split(begin)[0] ?? "", text.split(end)[1] ?? ""];
  return markdownPage([before.trimEnd(), begin, table(), end, after.trim()]);
}
