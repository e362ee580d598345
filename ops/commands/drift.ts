import type { Config } from "../../modules/config/schema.js";
import { driftCompared } from "../../modules/platform/signals.js";
import { differencesOf, type Differences } from "../terraform/plan.js";
import type { Stack } from "../terraform/terraform.js";

/** Compares the resources with the configuration without changing anything. @returns exit code: 2 if there is drift */
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

/** Formats the differences of one stack. Pure. */
export function linesOf(stack: string, { drift, pending, failedChecks }: Differences): readonly string[] {
  const all = [
    ...drift.map((what) => `  drift    ${what}`),
    ...pending.map((what) => `  pending  ${what}`),
    ...failedChecks.map((what) => `  check    ${what}`),
  ];
  return all.length === 0 ? [`${stack}: as configured`] : [`${stack}:`, ...all];
}

/** Maximum seconds to wait for Datadog's response. */
const answerSeconds = 20;

/**
 * Reports to Datadog that a comparison has ended. If these reports stop, the monitor `drift-unchecked` alerts. If Datadog does not accept
 * the report, the command only prints a warning, because the comparison itself is valid.
 */
export async function reportComparison(
  { environment, monitoring }: Config,
  variables: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<void> {
  if (!monitoring.enabled) return;
  const { DD_API_KEY: key, DD_HOST: host = `https://api.${monitoring.site}` } = variables;
  if (!key) return say("Datadog: not reported, because DD_API_KEY is not set; drift-unchecked alerts after a week");
  const point = { timestamp: Math.floor(Date.now() / 1000), value: 1 };
  const series = [{ metric: driftCompared, type: gauge, points: [point], tags: [`env:${environment}`] }];
  try {
    const answer = await fetch(`${host}/api/v2/series`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "DD-API-KEY": key },
      body: JSON.stringify({ series }),
      signal: AbortSignal.timeout(answerSeconds * 1000),
    });
    if (!answer.ok) say(`Datadog: not reported, ${host} answers ${answer.status}; check DD_API_KEY`);
  } catch (error) {
    say(`Datadog: not reported, ${(error as Error).message}`);
  }
}

/** Number of the metric type "gauge" in Datadog's API, version 2. */
const gauge = 3;
