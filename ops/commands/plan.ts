import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { actionsOf, changesOutputs } from "../terraform/plan.js";
import type { Stack } from "../terraform/terraform.js";

/** What plans would do, by stack, without values and so without secrets: "replaces hcloud_server.alpha". */
export type Reviewed = Readonly<Record<string, readonly string[]>>;

const reviewedFile = z.record(z.string(), z.array(z.string()));

/**
 * Plans every stack, read only: nothing is locked, and no plan is kept, for plans hold secrets. A stack that reads what another one has
 * not deployed yet cannot be planned; it says so, and nothing that it destroys is agreed to.
 * @param say takes each plan as Terraform shows it to a person
 * @throws Error of Terraform, but for a missing output of another stack
 */
export async function planAll(stacks: readonly Stack[], say: (text: string) => void): Promise<Reviewed> {
  const reviewed: Record<string, readonly string[]> = {};
  for (const stack of stacks) reviewed[basename(stack.folder)] = await planOne(stack, say);
  return reviewed;
}

async function planOne(stack: Stack, say: (text: string) => void): Promise<readonly string[]> {
  const name = basename(stack.folder);
  await stack.init();
  try {
    return await stack.plan({ readOnly: true }, async ({ plan, text }) => {
      const actions = [...actionsOf(plan), ...(changesOutputs(plan) ? ["changes outputs"] : [])];
      say(`${name}: ${actions.length === 0 ? "no changes" : actions.join("; ")}\n${(await text()).trim()}\n`);
      return actions;
    });
  } catch (error) {
    if (!lacksOutputs(error)) throw error;
    say(`${name}: NOT PLANNED; what it reads from another stack is not deployed yet\n`);
    return ["cannot be planned: what it reads from another stack is not deployed yet"];
  }
}

/** Whether a plan failed because a stack that it reads from was never deployed, or not since it has the output. */
const lacksOutputs = (error: unknown): boolean =>
  error instanceof Error && /Unable to find remote state|does not have an attribute named/.test(error.message);

export const writeReviewed = (file: string, reviewed: Reviewed): Promise<void> =>
  writeFile(file, `${JSON.stringify(reviewed, null, 2)}\n`);

/** @throws when the file is none that {@link writeReviewed} wrote */
export async function readReviewed(file: string): Promise<Reviewed> {
  try {
    return reviewedFile.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    throw new Error(`${file}: must be what \`npm run ops -- plan --summary ${file}\` writes`, { cause: error });
  }
}
