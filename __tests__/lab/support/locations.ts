import { complete, takenOut, type WholeGroup, wholeGroup } from "../../../lab/group.js";
import type { Lab } from "../../../lab/lab.js";
import { locationOf, loseLocations, type Loss, machinesAt, restoreLocations } from "../../../lab/locations.js";
import { type Direction, directionOf } from "../../../lab/balancer/direction.js";
import { query } from "../../../lab/machine/sql.js";
import { direct as setRetry } from "../../../lab/services.js";
import { sleep } from "../../../lab/system/shell.js";
import { balancersOf } from "../../../modules/derived/balancer.js";
import { now } from "./figures.js";
import { ops } from "./operator.js";

/** Time limit in seconds until all servers of a returned location are healthy. */
export const returnSeconds = 120;

/** Directs visitors to one or both load balancers with `npm run ops balancers`. */
export async function direct(to: Direction["to"]): Promise<void> {
  const { exitCode, stderr } = await ops("balancers", to);
  if (exitCode !== 0) throw new Error(stderr);
}

/** Directs visitors to both load balancers. @param retry true if the edge retries a failed connection on the other load balancer */
export async function directToBoth({ layout, blueprint }: Lab, retry: boolean): Promise<void> {
  await setRetry(layout, blueprint, { retry });
  await direct("both");
}

/** Makes the member in the given location the primary. */
export async function movePrimaryTo(lab: Lab, location: string): Promise<WholeGroup> {
  const group = await wholeGroup(lab);
  const [machine] = machinesAt(lab, location);
  if (machine === undefined) throw new Error(`no machine in ${location}`);
  if (locationOf(lab, group.primary) === location) return group;
  const [uuid] = await query(machine, "SELECT @@server_uuid");
  await query(machine, `SELECT group_replication_set_as_primary('${uuid}')`);
  return wholeGroup(lab);
}

/** Returns which load balancers are outside a location. */
function balancersApartFrom({ blueprint }: Lab, location: string): Direction["to"] {
  const outside = balancersOf(blueprint.environment.config).filter((balancer) => balancer.location !== location);
  return outside.length === 2 ? "both" : (outside[0]?.which ?? "both");
}

/** Times of the loss of a location, in Unix seconds. */
export interface LossTimes {
  readonly lostAt: number;
  /** Time at which the load balancers and the group have noticed the loss. */
  readonly noticedAt: number;
  readonly restoredAt: number;
  /** Time at which all members and targets are healthy again. */
  readonly completeAt: number;
}

/**
 * Simulates a temporary loss of a location. Waits until the load balancers and the group have noticed the loss, and runs the function
 * `meanwhile`. Then directs visitors to other locations, restores the location, waits until all servers are healthy, and directs visitors
 * as before.
 */
export async function loseForAWhile(
  lab: Lab,
  location: string,
  loss: Loss,
  meanwhile: () => Promise<void> = () => sleep(5),
): Promise<LossTimes> {
  const victims = loss.machines === "unaffected" ? [] : machinesAt(lab, location);
  const { to } = await directionOf(lab.layout);
  const lostAt = now();
  await loseLocations(lab, [location], loss);
  for (const machine of victims) await takenOut(lab, machine);
  await wholeGroup(
    lab,
    lab.machines.filter((machine) => !victims.includes(machine)),
  );
  // The margin covers requests in transit, and the interval of 0.1 s between two queries of the load balancer.
  const noticedAt = now() + 0.5;
  await meanwhile();
  // A returning load balancer answers 503 until the first successful health check, so visitors must not use the load balancer before that.
  await direct(balancersApartFrom(lab, location));
  const restoredAt = now();
  await restoreLocations(lab);
  await complete(lab);
  const completeAt = now();
  await direct(to);
  await sleep(5);
  return { lostAt, noticedAt, restoredAt, completeAt };
}
