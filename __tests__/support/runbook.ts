import { readFileSync } from "node:fs";

/** A command that docs/runbook.md tells an operator to run. */
export interface RunbookCommand {
  /** Heading of the section with the command; empty before the first section. */
  readonly monitor: string;
  /** `operator`: the command is run in the operator's checkout. `server`: the command is run as root on the server that the alert names. */
  readonly where: "operator" | "server";
  readonly line: string;
}

/** Returns all commands of the fenced blocks in docs/runbook.md, in order. */
export function runbookCommands(): readonly RunbookCommand[] {
  const text = readFileSync(new URL("../../docs/runbook.md", import.meta.url), "utf8");
  return text.split(/^## /m).flatMap((section, index) => {
    const monitor = index === 0 ? "" : (section.split("\n")[0] ?? "");
    return [...section.matchAll(/^ *```(operator|server)\n([^]*?)\n *```$/gm)].flatMap(([, where, block = ""]) =>
      block.split("\n").map((line) => ({ monitor, where: where as RunbookCommand["where"], line: line.trim() })),
    );
  });
}
