import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Config } from "../../../modules/config/schema.js";
import { userDataOf } from "../../../lab/blueprint.js";
import { Lab } from "../../../lab/lab.js";
import { userDataFile } from "../../../lab/machine/seed.js";

/** Mode of the lab that this run has brought up: files share their modules, so that the next one need not look at every part of it again. */
let broughtUp: Config["tls"] | undefined;

/** A lab that is up in this TLS mode, from this tree: the one that is, or a new one in its place. */
export async function labInMode(tls: Config["tls"]): Promise<Lab> {
  const running = await Lab.attach().catch(() => undefined);
  if (running && broughtUp === tls && (await isUp(running))) return running;
  const fits = running?.blueprint.environment.config.tls === tls && (await isOfThisTree(running));
  if (running && !fits) await running.down();
  const lab = await Lab.up({ overrides: { tls } });
  broughtUp = tls;
  return lab;
}

async function isUp(lab: Lab): Promise<boolean> {
  const alive = await Promise.all(lab.machines.map((machine) => machine.alive()));
  return alive.every(Boolean) && (await lab.visitor.tryCurl("--fail", lab.url())).ok;
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
