import { readFileSync } from "node:fs";
import { faultTable, judgedCommands, type JudgedCommand, type Verdict } from "../../ops/core/faults.js";
import { markdownPage } from "./markdown.js";

const page = new URL("../../docs/operations.md", import.meta.url);
const begin = "<!-- Generated from ops/core/faults.ts by `npm run docs`. -->";
const end = "<!-- End of the generated list. -->";

const headings: Readonly<Record<JudgedCommand, string>> = {
  ...{ rollout: "rollout", upgrade: "upgrade", remove: "remove", replace: "replace", failover: "failover" },
  ...{ release: "release", rollback: "release -- --rollback" },
  rotate: "other rotations",
  "rotate-passwords": "rotate database-passwords",
  "rotate-authority": "rotate database-authority",
  balancers: "balancers",
};

const faults = Object.values(faultTable);

const meanings = (command: JudgedCommand, verdict: Verdict): readonly string[] =>
  faults.filter(({ verdicts }) => verdicts[command] === verdict).map(({ meaning }) => meaning);

/** Returns items with the faults that stop a command. If most faults stop the command, the items list the exceptions. */
function stoppedBy(command: JudgedCommand): readonly string[] {
  const stops = meanings(command, "stops");
  const others = faults.map(({ meaning }) => meaning).filter((meaning) => !stops.includes(meaning));
  if (others.length === 0) return ["stopped by: every fault"];
  return others.length < stops.length
    ? [`not stopped by: ${others.join("; ")}`, "stopped by: every other fault"]
    : [`stopped by: ${stops.join("; ") || "no fault"}`];
}

/** Returns the fault table as a list. Commands with the same faults share one item. */
function list(): string {
  const items = new Map<string, string[]>();
  for (const command of judgedCommands) {
    const repaired = meanings(command, "fixes").join("; ");
    const text = [...stoppedBy(command), ...(repaired ? [`can repair: ${repaired}`] : [])]
      .map((item) => `  - ${item}`)
      .join("\n");
    items.set(text, [...(items.get(text) ?? []), headings[command]]);
  }
  return [...items].map(([text, commands]) => `- ${commands.join(", ")}\n${text}`).join("\n");
}

/** Returns docs/operations.md with the current list of faults. */
export function operationsPage(): Promise<string> {
  const text = readFileSync(page, "utf8");
  const [before, after] = [text.split(begin)[0] ?? "", text.split(end)[1] ?? ""];
  return markdownPage([before.trimEnd(), begin, list(), end, after.trim()]);
}
