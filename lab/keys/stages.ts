import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import {
  generationOf,
  generationSetting,
  isUsedAtOnce,
  type Rotated,
  type RotationStage,
} from "../../modules/derived/generations.js";
import type { Config } from "../../modules/config/schema.js";
import { writeWhole } from "../system/write-whole.js";

type StoredStage = Pick<RotationStage, "used" | "oldest">;

const fileOf = (directory: string): string => path.join(directory, "stages.json");

const read = async (directory: string): Promise<Partial<Record<Rotated, StoredStage>>> =>
  JSON.parse(await readFile(fileOf(directory), "utf8").catch(() => "{}")) as Partial<Record<Rotated, StoredStage>>;

/**
 * Returns the progress of a rotation. The lab stores the progress in a file; production stores the progress in Terraform's state.
 * @throws Error if the configured generation is neither the current generation nor the next generation
 */
export async function stageOf(directory: string, config: Config, what: Rotated): Promise<RotationStage> {
  const configured = generationOf(config, what);
  const reached = (await read(directory))[what] ?? { used: 1, oldest: 1 };
  const { oldest, used } = isUsedAtOnce(what) ? { ...reached, used: configured } : reached;
  if (![oldest, oldest + 1].includes(configured))
    throw new Error(
      `lab: ${generationSetting(what)} is ${configured}, but the current generation is ${oldest}; set it to ${oldest + 1}`,
    );
  return { configured, used, oldest };
}

/** Records that the configured generation is now the generation in use or the oldest accepted generation. */
export async function advanceStage(
  directory: string,
  config: Config,
  what: Rotated,
  number: keyof StoredStage,
): Promise<void> {
  const { used, oldest } = await stageOf(directory, config, what);
  const stages = { ...(await read(directory)), [what]: { used, oldest, [number]: generationOf(config, what) } };
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeWhole(fileOf(directory), JSON.stringify(stages));
}
