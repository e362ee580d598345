import type { Lab } from "../../../lab/lab.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { providerFirewallOf, setProviderFirewall } from "../../../lab/network/provider-firewall.js";

/** Takes the provider's firewall away, so that only the servers' own are in the way. */
export const withoutProviderFirewall = (): Promise<string> => setProviderFirewall();

export const restoreProviderFirewall = async (lab: Lab): Promise<string> =>
  setProviderFirewall(await providerFirewallOf(lab.blueprint.environment));

/** Rules in front of all others of a server, as an intruder with root's rights would put them there. */
export async function breakFirewall(machine: Machine, rules: readonly string[]): Promise<void> {
  for (const rule of rules) await machine.exec(["nft", `insert rule inet host ${rule}`]);
}

/** Loads the firewall again as the boot does. */
export const restoreFirewall = (machine: Machine): Promise<string> =>
  machine.exec(["systemctl", "reload", "nftables.service"]);

/** Everything passes, both ways. */
const wideOpen = ["input accept", "output accept"];

/** Does something while the firewalls of these machines are wide open. */
export async function withFirewallsOpen<T>(machines: readonly Machine[], action: () => Promise<T>): Promise<T> {
  try {
    for (const machine of machines) await breakFirewall(machine, wideOpen);
    return await action();
  } finally {
    for (const machine of machines) await restoreFirewall(machine);
  }
}
