import type { Lab } from "./lab.js";
import type { Machine } from "./machine/machine.js";
import type { Host } from "./network/addresses.js";
import { setApart, setLost } from "./network/locations.js";
import { startBalancing } from "./services.js";
import { stopService } from "./system/service.js";

/** How locations are lost. */
export interface Loss {
  /** Whether the balancers of these locations drop packets silently or refuse connections. @default "silent" */
  readonly balancers?: "silent" | "refusing";
  /** Whether the machines lose their power, only their networks, or nothing. @default "off" */
  readonly machines?: "off" | "isolated" | "unaffected";
}

const hostsAt = ({ blueprint }: Lab, locations: readonly string[]): Host[] =>
  blueprint.environment.located.flatMap(({ host, location }) => (locations.includes(location) ? [host] : []));

/** Machines in these locations. */
export const machinesAt = (lab: Lab, ...locations: readonly string[]): Machine[] => {
  const names = hostsAt(lab, locations).map(({ name }) => name);
  return lab.machines.filter(({ name }) => names.includes(name));
};

/** Location of a machine. */
export const locationOf = ({ blueprint }: Lab, { name }: Machine): string =>
  blueprint.environment.located.find(({ host }) => host.name === name)?.location ?? "";

/** Loses all machines and balancers of these locations at once. All other locations are then reachable. */
export async function loseLocations(
  lab: Lab,
  locations: readonly string[],
  { balancers = "silent", machines: state = "off" }: Loss = {},
): Promise<void> {
  const machines = machinesAt(lab, ...locations);
  const others = hostsAt(lab, locations).filter(({ name }) => !machineNames(lab).includes(name));
  const lost = state === "unaffected" ? [] : machines.map(({ host }) => host);
  await Promise.all([
    setLost(balancers === "silent" ? [...lost, ...others] : lost),
    ...(balancers === "silent" ? [] : others.map(({ name }) => stopService(name))),
  ]);
  if (state === "off") await Promise.all(machines.map((machine) => machine.kill()));
}

/** Cuts the private link between two locations. Both reach all other locations. */
export const cutLink = (lab: Lab, one: string, other: string): Promise<unknown> =>
  setApart(hostsAt(lab, [one]), hostsAt(lab, [other]));

/** Repairs all links, reconnects all locations, and starts their balancers and machines. */
export async function restoreLocations(lab: Lab): Promise<void> {
  await setApart([], []);
  await setLost([]);
  await startBalancing(lab.layout, lab.blueprint);
  await Promise.all(lab.machines.map((machine) => machine.start()));
}

const machineNames = ({ machines }: Lab): string[] => machines.map(({ name }) => name);
