import { Lab } from "../../../lab/lab.js";
import { loadSettings, saveSettings } from "../../../lab/settings.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";

/** Servers that tests add to the three initial servers: two servers with only the database role, and one server with only the web role. */
export const added: EnvironmentInput["servers"] = {
  delta: { privateIp: "10.0.1.14", roles: ["database"] },
  echo: { privateIp: "10.0.1.15", roles: ["database"] },
  front: { privateIp: "10.0.1.128", roles: ["web"] },
};

const serversOf = ({ blueprint }: Lab): EnvironmentInput["servers"] =>
  Object.fromEntries(blueprint.environment.config.servers.map(({ name, privateIp }) => [name, { privateIp }] as const));

/** Adds servers to the running lab and starts the added servers, without a change of the TLS mode. */
export const upWith = (three: Lab, more: EnvironmentInput["servers"]): Promise<Lab> =>
  Lab.up({ tls: three.blueprint.environment.config.tls, servers: { ...serversOf(three), ...more } });

/** Removes the added servers from the configuration. The machines continue to run. */
export async function takeOutOfConfiguration(three: Lab): Promise<void> {
  const settings = await loadSettings(three.layout);
  if (settings === undefined) throw new Error("no lab");
  await saveSettings(three.layout, { ...settings, overrides: { ...settings.overrides, servers: serversOf(three) } });
}
