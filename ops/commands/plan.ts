import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import * as z from "zod";
import { actionsOf, changesOutputs } from "../terraform/plan.js";
import type { Stack } from "../terraform/terraform.js";

/** Actions by stack, without values and therefore without secrets: "replaces hcloud_server.alpha". */
export type Actions = Readonly<Record<string, readonly string[]>>;

/** Summary that a person reviews before a deploy. */
export interface Reviewed {
  /** Hash of the synthesized stacks. A review is valid only for the same configuration and commit. */
  readonly fingerprint: string;
  readonly stacks: Actions;
}

const reviewedFile = z.object({ fingerprint: z.string(), stacks: z.record(z.string(), z.array(z.string())) });

/** Hash of the inputs of the stacks: configuration and code, but not secrets. */
export async function fingerprintOf(stacks: readonly Stack[]): Promise<string> {
  const hash = createHash("sha256");
  for (const stack of stacks) hash.update(`${stack.name}\n${await stack.configuration()}\n`);
  return hash.digest("hex").slice(0, 16);
}

/**
 * Plans every stack, read only: the state is not locked, and no plan is kept, because plans hold secrets. A stack that needs an output which
 * another stack has not deployed yet cannot be planned; its summary allows no destruction.
 * @param say receives each plan as Terraform shows it to a person
 * @throws Error of Terraform, except for a missing output of another stack
 */
export async function planAll(stacks: readonly Stack[], say: (text: string) => void): Promise<Reviewed> {
  const actions: Record<string, readonly string[]> = {};
  const fingerprint = await fingerprintOf(stacks);
  for (const stack of stacks) actions[stack.name] = await planOne(stack, say);
  return { fingerprint, stacks: actions };
}

async function planOne(stack: Stack, say: (text: string) => void): Promise<readonly string[]> {
  const { name } = stack;
  await stack.init();
  try {
    return await stack.plan({ readOnly: true }, async ({ plan, text }) => {
      const actions = [...actionsOf(plan), ...(changesOutputs(plan) ? ["changes outputs"] : [])];
      say(`${name}: ${actions.length === 0 ? "no changes" : actions.join("; ")}\n${(await text()).trim()}\n`);
      return actions;
    });
  } catch (error) {
    if (!lacksOutputs(error)) throw error;
    say(`${name}: NOT PLANNED; it needs outputs that another stack has not deployed yet\n`);
    return ["cannot be planned: it needs outputs that another stack has not deployed yet"];
  }
}

/** Whether a plan failed because another stack was never deployed, or not since it has the output. */
const lacksOutputs = (error: unknown): boolean =>
  error instanceof Error && /Unable to find remote state|does not have an attribute named/.test(error.message);

export const writeReviewed = (file: string, reviewed: Reviewed): Promise<void> =>
  writeFile(file, `${JSON.stringify(reviewed, null, 2)}\n`);

/**
 * Reads a review of these stacks.
 * @throws if {@link writeReviewed} did not write the file, or if it was made of another configuration
 */
export async function readReviewed(file: string, stacks: readonly Stack[]): Promise<Actions> {
  const again = `npm run ops -- plan --summary ${file}`;
  const reviewed = await readFile(file, "utf8")
    .then((text) => reviewedFile.parse(JSON.parse(text)))
    .catch((error: unknown) => {
      throw new Error(`${file}: must be a file written by \`${again}\``, { cause: error });
    });
  const fingerprint = await fingerprintOf(stacks);
  if (reviewed.fingerprint !== fingerprint)
    throw new Error(
      `${file}: was created from another configuration or commit (${reviewed.fingerprint}, now ${fingerprint}); run \`${again}\` and review its output again`,
    );
  return reviewed.stacks;
}
