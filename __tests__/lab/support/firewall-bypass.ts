import type { Lab } from "../../../lab/lab.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { providerFirewallOf, setProviderFirewall } from "../../../lab/network/provider-firewall.js";

/** Removes the provider's firewall, so that only the servers' host firewalls filter traffic. */
export const withoutProviderFirewall = (): Promise<string> => setProviderFirewall();

export const restoreProviderFirewall = async (lab: Lab): Promise<string> =>
  setProviderFirewall(await providerFirewallOf(lab.blueprint.environment));

/** Inserts rules before all other rules of a server's host firewall, as an intruder with root access could do. */
export async function breakFirewall(machine: Machine, rules: readonly string[]): Promise<void> {
  for (const rule of rules) await machine.exec(["nft", `insert rule inet host ${rule}`]);
}

/** Reloads the rules of a server's host firewall, as a boot does. */
export const restoreFirewall = (machine: Machine): Promise<string> =>
  machine.exec(["systemctl", "reload", "nftables.service"]);

/** Firewall rules that allow all traffic in both directions. */
const wideOpen = ["input accept", "output accept"];

/** Runs an action while the host firewalls of the given machines allow all traffic. */
export async function withFirewallsOpen<T>(machines: readonly Machine[], action: () => Promise<T>): Promise<T> {
  try {
    for (const machine of machines) await breakFirewall(machine, wideOpen);
    return await action();
  } finally {
    for (const machine of machines) await restoreFirewall(machine);
  }
}
