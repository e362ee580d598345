import type { Config } from "../../../modules/config/schema.js";
import { Lab } from "../../../lab/lab.js";
import { settled } from "../../../lab/group.js";
import { layout } from "../../../lab/layout.js";
import { loadSettings } from "../../../lab/settings.js";

/** Mode of the lab that this run has brought up: files share their modules, so that the next one need not look at every part of it again. */
let broughtUp: Config["tls"] | undefined;

/** A lab that is up in this TLS mode, from this tree, with nothing wrong: the one that is, or a new one in its place. */
export async function labInMode(tls: Config["tls"]): Promise<Lab> {
  const running = await Lab.attach().catch(() => undefined);
  if (running && broughtUp === tls) {
    await settled(running);
    return running;
  }
  // One that a proof has left with other settings would have to go back to earlier generations of its secrets, which are gone.
  const { overrides = {} } = (await loadSettings(layout)) ?? {};
  const isPlain = Object.keys(overrides).every((setting) => setting === "tls");
  const fits = isPlain && running?.blueprint.environment.config.tls === tls && (await running.outdated()).length === 0;
  if (running && !fits) await running.down();
  const lab = await Lab.up({ tls }, (title) => console.log(`lab up (${tls}): ${title}`));
  await settled(lab);
  broughtUp = tls;
  return lab;
}

/** A lab that is up, in the mode it is in, for what is the same in both. */
export async function labInAnyMode(): Promise<Lab> {
  const running = await Lab.attach().catch(() => undefined);
  return labInMode(running?.blueprint.environment.config.tls ?? "terminate");
}
