import type { Progress } from "../core/progress.js";
import { actionsOf, destructionOf, missingSecretsOf } from "../terraform/plan.js";
import type { Stack } from "../terraform/terraform.js";
import type { Actions } from "./plan.js";

/**
 * Deploys the stacks in order. For each stack it applies exactly the plan that it has checked.
 * @param reviewed actions that a person has approved. A deploy destroys no other resource.
 * @throws Error before the first stack that would destroy another resource, or create a server without a required secret. The message
 * names the stacks that are already deployed.
 */
export async function deploy(stacks: readonly Stack[], reviewed: Actions, progress: Progress): Promise<void> {
  // All stacks are initialized first, so a problem of a later stack is found before any stack changes.
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
      // A plan without resource changes is applied too, because its outputs may have changed, and the next stack reads them.
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
