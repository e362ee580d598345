import { basename } from "node:path";
import type { Progress } from "../core/progress.js";
import { actionsOf, destructionOf, missingSecretsOf } from "../terraform/plan.js";
import type { Stack } from "../terraform/terraform.js";
import type { Reviewed } from "./plan.js";

/**
 * Deploys the stacks one after the other, each by the very plan that was judged.
 * @param reviewed what somebody has agreed to; nothing else may be destroyed
 * @throws before the first stack that would destroy more, or make a server without a secret that it needs; says what, and which stacks
 * are deployed by then
 */
export async function deploy(stacks: readonly Stack[], reviewed: Reviewed, progress: Progress): Promise<void> {
  const done: string[] = [];
  for (const stack of stacks) {
    const name = basename(stack.folder);
    await progress.step(`${name}: init`, () => stack.init());
    await stack.plan({}, async ({ plan, apply }) => {
      const excess = destructionOf(plan).filter((what) => !reviewed[name]?.includes(what));
      if (excess.length > 0) throw new Error(refusal(name, excess, done));
      const missing = missingSecretsOf(plan);
      if (missing.length > 0) throw new Error(withoutSecrets(name, missing, done));
      const actions = actionsOf(plan);
      // Also without a change to a resource: outputs may have changed, which the next stack reads.
      await progress.step(`${name}: ${actions.length === 0 ? "no changes" : actions.join("; ")}`, apply);
    });
    done.push(name);
  }
}

const withoutSecrets = (stack: string, missing: readonly string[], done: readonly string[]): string =>
  [
    `${stack}: a server would be made without what it needs:`,
    ...missing.map((what) => `  ${what}`),
    `Deployed before: ${done.join(", ") || "nothing"}. Set it, and run the same command again.`,
  ].join("\n");

const refusal = (stack: string, excess: readonly string[], done: readonly string[]): string =>
  [
    `${stack}: the plan destroys what nobody has agreed to:`,
    ...excess.map((what) => `  ${what}`),
    `Deployed before: ${done.join(", ") || "nothing"}; ${stack} and what comes after it are untouched.`,
    "If it is meant: npm run ops -- plan --summary plan.json, read it, then npm run ops -- deploy --reviewed plan.json",
  ].join("\n");
