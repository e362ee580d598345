import { look } from "../core/observe.js";
import { appoint, type Context } from "../core/maintain.js";
import { waitUntil } from "../core/shell.js";
import { serverNamed } from "../core/site.js";
import { isDatabase, primaryOf, type ServerState, type Snapshot } from "../core/snapshot.js";
import { groupFaults } from "../core/judge.js";

/** A member further behind would keep writes waiting, in seconds. */
const mostLagSeconds = 5;

/** Who hands the role to whom, or why nobody does. Pure. @param wanted name of the successor @default the member with the least lag */
export function succession(
  snapshot: Snapshot,
  wanted?: string,
): { readonly from: ServerState; readonly to: ServerState } | { readonly refusal: string } {
  const [fault] = groupFaults(snapshot);
  const from = primaryOf(snapshot);
  if (fault !== undefined || from === undefined) return { refusal: fault ?? "no member is the primary" };
  const able = snapshot.servers
    .filter((server) => isDatabase(server) && server !== from)
    .filter(({ observation }) => observation?.member?.state === "ONLINE" && observation.member.majority)
    .sort((a, b) => lagOf(a) - lagOf(b));
  const to = wanted === undefined ? able[0] : able.find(({ name }) => name === wanted);
  if (wanted === from.name) return { refusal: `${wanted} is the primary already` };
  if (to === undefined)
    return { refusal: wanted === undefined ? "no other member is online" : `${wanted} is no member that is online` };
  if (lagOf(to) > mostLagSeconds)
    return { refusal: `${to.name} is ${lagOf(to).toFixed(0)} s behind, at most ${mostLagSeconds} s are allowed` };
  return { from, to };
}

const lagOf = ({ observation }: ServerState): number => observation?.member?.lagSeconds ?? 0;

/**
 * Gives the primary's role to a named member, or to the one that is least behind.
 * @throws Error when the change is refused, before anything is done, or when the member does not take the role
 */
export async function failover({ site, progress }: Pick<Context, "site" | "progress">, name?: string): Promise<void> {
  if (name !== undefined) serverNamed(site, name);
  const decided = succession(await look(site), name);
  if ("refusal" in decided) throw new Error(`refused: ${decided.refusal}`);
  const { from, to } = decided;
  await progress.step(`${from.name} hands the primary's role to ${to.name}`, async (report) => {
    report(await appoint(site, from, to));
    await waitUntil(`${to.name} is the primary`, async () => notYet(await look(site), to.name), { limitSeconds: 60 });
  });
}

const notYet = (snapshot: Snapshot, name: string): string | undefined =>
  groupFaults(snapshot)[0] ?? (primaryOf(snapshot)?.name === name ? undefined : `${name} is not the primary yet`);
