import { readFileSync } from "node:fs";

/** A command of docs/runbook.md. */
export interface RunbookCommand {
  /** Heading of the section; empty before the first section. */
  readonly monitor: string;
  /** `operator`: in the checkout. `server`: as root on the server of the alert. */
  readonly where: "operator" | "server";
  readonly line: string;
}

/** All commands of the fenced blocks in docs/runbook.md, in order. */
export function runbookCommands(): readonly RunbookCommand[] {
  const text = readFileSync(new URL("../../docs/runbook.md", import.meta.url), "utf8");
  return text.split(/^## /m).flatMap((section, index) => {
    const monitor = index === 0 ? "" : (section.split("\n")[0] ?? "");
    return [...section.matchAll(/^ *```(operator|server)\n([^]*?)\n *```$/gm)].flatMap(([, where, block = ""]) =>
      block.split("\n").map((line) => ({ monitor, where: where as RunbookCommand["where"], line: line.trim() })),
    );
  });
}
