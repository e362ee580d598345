import { look } from "../core/observe.js";
import { appoint, type Context } from "../core/maintain.js";
import { waitUntil } from "../core/shell.js";
import { serverNamed } from "../core/site.js";
import { primaryOf, type ServerState, type Snapshot } from "../core/snapshot.js";
import { groupFaults, lagOf, mostLagSeconds, successors } from "../core/judge.js";

/**
 * Returns the primary and its successor, or the reason why a failover is refused. Pure. @param wanted name of the successor @default the
 * best replica
 */
export function succession(
  snapshot: Snapshot,
  wanted?: string,
): { readonly from: ServerState; readonly to: ServerState } | { readonly refusal: string } {
  const [fault] = groupFaults(snapshot);
  const from = primaryOf(snapshot);
  if (fault !== undefined || from === undefined) return { refusal: fault ?? "no member is the primary" };
  const able = successors(snapshot);
  const to = wanted === undefined ? able[0] : able.find(({ name }) => name === wanted);
  if (wanted === from.name) return { refusal: `${wanted} is already the primary` };
  if (to === undefined)
    return { refusal: wanted === undefined ? "no other member is online" : `${wanted} is not an online member` };
  if (lagOf(to) > mostLagSeconds)
    return {
      refusal: `${to.name} is ${lagOf(to).toFixed(0)} s behind the primary; a failover allows at most ${mostLagSeconds} s`,
    };
  return { from, to };
}

/**
 * Makes the named member the primary, or the best replica if no name is given.
 * @throws Error before any change if the failover is refused. Error after the change if the member does not become the primary.
 */
export async function failover({ site, progress }: Pick<Context, "site" | "progress">, name?: string): Promise<void> {
  if (name !== undefined) serverNamed(site, name);
  const decided = succession(await look(site), name);
  if ("refusal" in decided) throw new Error(`refused: ${decided.refusal}`);
  const { from, to } = decided;
  await progress.step(`${from.name} transfers the primary role to ${to.name}`, async (report) => {
    report(await appoint(site, from, to));
    await waitUntil(`${to.name} is the primary`, async () => notYet(await look(site), to.name), { limitSeconds: 60 });
  });
}

const notYet = (snapshot: Snapshot, name: string): string | undefined =>
  groupFaults(snapshot)[0] ?? (primaryOf(snapshot)?.name === name ? undefined : `${name} is not the primary yet`);
