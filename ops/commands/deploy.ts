import type { Progress } from "../core/progress.js";
import { actionsOf, destructionOf, missingSecretsOf } from "../terraform/plan.js";
import type { Stack } from "../terraform/terraform.js";
import type { Actions } from "./plan.js";

/**
 * Deploys the stacks in order. Each applies the very plan that was checked.
 * @param reviewed actions that a person has agreed to; nothing else may be destroyed
 * @throws before the first stack that would destroy more, or create a server without a secret that it needs; names the stacks deployed before
 */
export async function deploy(stacks: readonly Stack[], reviewed: Actions, progress: Progress): Promise<void> {
  // A problem of any stack is found before the first one changes.
  for (const stack of stacks) await progress.step(`${stack.name}: init`, () => stack.init());
  const done: string[] = [];
  for (const stack of stacks) {
    const { name } = stack;
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
    `${stack}: a server would be created without a secret that it needs:`,
    ...missing.map((what) => `  ${what}`),
    `Deployed before: ${done.join(", ") || "nothing"}. Set the variable, and run the same command again.`,
  ].join("\n");

const refusal = (stack: string, excess: readonly string[], done: readonly string[]): string =>
  [
    `${stack}: the plan destroys resources without a review:`,
    ...excess.map((what) => `  ${what}`),
    `Deployed before: ${done.join(", ") || "nothing"}; ${stack} and the later stacks are unchanged.`,
    "If the change is intended: npm run ops -- plan --summary plan.json, read the file, then npm run ops -- deploy --reviewed plan.json",
  ].join("\n");
