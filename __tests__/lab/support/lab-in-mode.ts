import type { Config } from "../../../modules/config/schema.js";
import { Lab } from "../../../lab/lab.js";
import { settled } from "../../../lab/group.js";
import type { LabOverrides } from "../../../lab/environment.js";
import { layout } from "../../../lab/layout.js";
import { loadSettings } from "../../../lab/settings.js";

/**
 * Settings of the lab that this test run has started. Test files share this variable, so later test files can reuse the lab without a full
 * check.
 */
let broughtUp: string | undefined;

/**
 * Returns a healthy lab of this tree with the given settings. Reuses the running lab if the settings and payloads are the same; otherwise
 * starts a new lab.
 */
async function labWith(overrides: LabOverrides): Promise<Lab> {
  const running = await Lab.attach().catch(() => undefined);
  const wanted = JSON.stringify(overrides);
  if (running && broughtUp === wanted) {
    await settled(running);
    return running;
  }
  // A running lab with other settings cannot be reused, because the lab might need deleted generations of secrets.
  const current = JSON.stringify({ tls: "terminate", ...(await loadSettings(layout))?.overrides });
  const fits = running && current === wanted && (await running.outdated()).length === 0;
  if (running && !fits) await running.down();
  const lab = await Lab.up(overrides, (title) => console.log(`lab up: ${title}`));
  await settled(lab);
  broughtUp = wanted;
  return lab;
}

/** Returns a healthy lab with the given TLS mode. */
export const labInMode = (tls: Config["tls"]): Promise<Lab> => labWith({ tls });

/** Returns a healthy lab with the recommended layout: three locations, and two load balancers in the locations of the web servers. */
export const labInThreeLocations = (): Promise<Lab> =>
  labWith({
    tls: "terminate",
    servers: {
      alpha: { privateIp: "10.0.1.11", location: "nbg1" },
      bravo: { privateIp: "10.0.1.12", location: "fsn1" },
      charlie: { privateIp: "10.0.1.13", location: "hel1", roles: ["database"] },
    },
    loadBalancer: { second: { location: "fsn1", privateIp: "10.0.1.6" } },
  });

/** Returns a healthy lab with the TLS mode of the running lab, for tests that do not depend on the TLS mode. */
export async function labInAnyMode(): Promise<Lab> {
  const running = await Lab.attach().catch(() => undefined);
  return labInMode(running?.blueprint.environment.config.tls ?? "terminate");
}
