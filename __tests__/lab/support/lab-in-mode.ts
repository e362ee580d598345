import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Config } from "../../../modules/config/schema.js";
import { userDataOf } from "../../../lab/blueprint.js";
import { Lab } from "../../../lab/lab.js";
import { userDataFile } from "../../../lab/machine/seed.js";

/** A lab that is up in this TLS mode, from the payload of this tree: the one that is, or a new one in its place. */
export async function labInMode(tls: Config["tls"]): Promise<Lab> {
  const running = await Lab.attach().catch(() => undefined);
  const fits = running?.blueprint.environment.config.tls === tls && (await isOfThisTree(running));
  if (running && !fits) await running.down();
  return Lab.up({ overrides: { tls } });
}

/** Whether every machine was booted with the payload that this tree renders, as far as it has been on. */
async function isOfThisTree({ machines, blueprint }: Lab): Promise<boolean> {
  const seeds = machines.map(async ({ name, root }) => {
    const seed = await readFile(path.join(root, userDataFile), "utf8").catch(() => undefined);
    return seed === undefined || seed === userDataOf(blueprint, name);
  });
  return (await Promise.all(seeds)).every(Boolean);
}

/** A lab that is up, in the mode it is in, for what is the same in both. */
export async function labInAnyMode(): Promise<Lab> {
  const running = await Lab.attach().catch(() => undefined);
  return labInMode(running?.blueprint.environment.config.tls ?? "terminate");
}
