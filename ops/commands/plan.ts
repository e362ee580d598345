import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import * as z from "zod";
import { actionsOf, changesOutputs } from "../terraform/plan.js";
import type { Stack } from "../terraform/terraform.js";

/** Actions of each stack, such as "replaces hcloud_server.alpha". They contain no values and therefore no secrets. */
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
 * Plans every stack without changes. The state is not locked. No plan is stored, because plans contain secrets. If a stack needs an output
 * that another stack has not deployed yet, it cannot be planned; then its summary allows no destruction.
 * @param say prints each plan in the form in which Terraform shows it to people
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

/** Returns true if a plan failed because another stack has not deployed an output yet. */
const lacksOutputs = (error: unknown): boolean =>
  error instanceof Error && /Unable to find remote state|does not have an attribute named/.test(error.message);

export const writeReviewed = (file: string, reviewed: Reviewed): Promise<void> =>
  writeFile(file, `${JSON.stringify(reviewed, null, 2)}\n`);

/**
 * Reads the review of these stacks.
 * @throws Error if {@link writeReviewed} did not write the file, or if the review belongs to another configuration or commit
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
