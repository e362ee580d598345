import type { Lab } from "./lab.js";
import type { Machine } from "./machine/machine.js";
import type { Host } from "./network/addresses.js";
import { setApart, setLost } from "./network/locations.js";
import { startBalancing } from "./services.js";
import { stopService } from "./system/service.js";

/** Behavior of balancers and machines in lost locations. */
export interface Loss {
  /** `silent`: the balancers drop all packets. `refusing`: the balancers refuse connections. @default "silent" */
  readonly balancers?: "silent" | "refusing";
  /**
   * `off`: the machines lose their power. `isolated`: the machines lose their networks. `unaffected`: the machines continue. @default
   * "off"
   */
  readonly machines?: "off" | "isolated" | "unaffected";
}

const hostsAt = ({ blueprint }: Lab, locations: readonly string[]): Host[] =>
  blueprint.environment.located.flatMap(({ host, location }) => (locations.includes(location) ? [host] : []));

/** Returns the machines in the given locations. */
export const machinesAt = (lab: Lab, ...locations: readonly string[]): Machine[] => {
  const names = hostsAt(lab, locations).map(({ name }) => name);
  return lab.machines.filter(({ name }) => names.includes(name));
};

/** Returns the location of a machine. */
export const locationOf = ({ blueprint }: Lab, { name }: Machine): string =>
  blueprint.environment.located.find(({ host }) => host.name === name)?.location ?? "";

/** Simulates the simultaneous loss of all machines and balancers in the given locations. Reconnects all other locations. */
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

/** Cuts the private link between two locations. Each of these locations still reaches all other locations. */
export const cutLink = (lab: Lab, one: string, other: string): Promise<unknown> =>
  setApart(hostsAt(lab, [one]), hostsAt(lab, [other]));

/** Repairs all links, reconnects all locations, and starts all balancers and machines. */
export async function restoreLocations(lab: Lab): Promise<void> {
  await setApart([], []);
  await setLost([]);
  await startBalancing(lab.layout, lab.blueprint);
  await Promise.all(lab.machines.map((machine) => machine.start()));
}

const machineNames = ({ machines }: Lab): string[] => machines.map(({ name }) => name);
