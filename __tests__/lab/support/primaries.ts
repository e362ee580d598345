import type { Lab } from "../../../lab/lab.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { sleep } from "../../../lab/system/shell.js";
import { ports } from "../../../modules/platform/ports.js";

/** Checks whether a member reports to HAProxy the role of a primary that accepts writes. */
export async function answersAsPrimary(machine: Machine): Promise<boolean> {
  const url = `http://${machine.host.privateIpv4}:${ports.memberRole}/primary`;
  const { ok } = await machine.tryExec(["curl", "--silent", "--fail", "--max-time", "2", url], { timeoutSeconds: 5 });
  return ok;
}

/**
 * Waits until two members report the primary role at the same time, or until the time limit. @param during time limit in seconds @returns
 * names of these members; empty at the time limit
 */
export async function primariesAtOnce({ machines }: Lab, during: number): Promise<string[]> {
  const end = Date.now() + during * 1000;
  while (Date.now() < end) {
    const answers = await Promise.all(machines.map(answersAsPrimary));
    const found = machines.filter((_, index) => answers[index]).map(({ name }) => name);
    if (found.length > 1) return found;
    await sleep(0.1);
  }
  return [];
}
