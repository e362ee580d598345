import { differencesOf, type Differences } from "../terraform/plan.js";
import type { Stack } from "../terraform/terraform.js";

/** Compares the world with the configuration; read only. @returns exit code: 2 when something has drifted */
export async function drift(stacks: readonly Stack[], say: (line: string) => void): Promise<number> {
  let code = 0;
  for (const stack of stacks) {
    await stack.init();
    const differences = await stack.plan({ readOnly: true }, ({ plan }) => differencesOf(plan));
    for (const line of linesOf(stack.name, differences)) say(line);
    if (differences.drift.length > 0) code = 2;
  }
  return code;
}

/** What a person reads of one stack; pure. */
export function linesOf(stack: string, { drift, pending, failedChecks }: Differences): readonly string[] {
  const all = [
    ...drift.map((what) => `  drift    ${what}`),
    ...pending.map((what) => `  pending  ${what}`),
    ...failedChecks.map((what) => `  check    ${what}`),
  ];
  return all.length === 0 ? [`${stack}: as configured`] : [`${stack}:`, ...all];
}
