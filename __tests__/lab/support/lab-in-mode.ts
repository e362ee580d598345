import type { Config } from "../../../modules/config/schema.js";
import { Lab } from "../../../lab/lab.js";

/** A lab that is up in this TLS mode: the one that is, or a new one in its place. */
export async function labInMode(tls: Config["tls"]): Promise<Lab> {
  const running = await Lab.attach().catch(() => undefined);
  if (running && running.blueprint.environment.config.tls !== tls) await running.down();
  return Lab.up({ overrides: { tls } });
}

/** A lab that is up, in the mode it is in, for what is the same in both. */
export async function labInAnyMode(): Promise<Lab> {
  const running = await Lab.attach().catch(() => undefined);
  return labInMode(running?.blueprint.environment.config.tls ?? "terminate");
}
