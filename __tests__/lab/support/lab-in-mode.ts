import type { Config } from "../../../modules/config/schema.js";
import { Lab } from "../../../lab/lab.js";
import { settled } from "../../../lab/group.js";
import { layout } from "../../../lab/layout.js";
import { loadSettings } from "../../../lab/settings.js";

/** TLS mode of the lab that this run has started. Test files share this module, so later files need not check every part of the lab. */
let broughtUp: Config["tls"] | undefined;

/** Returns a healthy lab of this tree in this TLS mode: the running lab if it fits, otherwise a new lab. */
export async function labInMode(tls: Config["tls"]): Promise<Lab> {
  const running = await Lab.attach().catch(() => undefined);
  if (running && broughtUp === tls) {
    await settled(running);
    return running;
  }
  // A lab with other settings from an earlier test cannot be reused, because it would need deleted generations of its secrets.
  const { overrides = {} } = (await loadSettings(layout)) ?? {};
  const isPlain = Object.keys(overrides).every((setting) => setting === "tls");
  const fits = isPlain && running?.blueprint.environment.config.tls === tls && (await running.outdated()).length === 0;
  if (running && !fits) await running.down();
  const lab = await Lab.up({ tls }, (title) => console.log(`lab up (${tls}): ${title}`));
  await settled(lab);
  broughtUp = tls;
  return lab;
}

/** Returns a healthy lab in its current TLS mode, for tests that do not depend on the mode. */
export async function labInAnyMode(): Promise<Lab> {
  const running = await Lab.attach().catch(() => undefined);
  return labInMode(running?.blueprint.environment.config.tls ?? "terminate");
}
