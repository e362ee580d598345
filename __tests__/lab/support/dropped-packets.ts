import type { Machine } from "../../../lab/machine/machine.js";

/** Returns an nftables match for packets from a machine's private address. */
export const from = ({ host }: Machine): string => `ip saddr ${host.privateIpv4}`;
/** Returns an nftables match for packets to a machine's private address. */
export const to = ({ host }: Machine): string => `ip daddr ${host.privateIpv4}`;

/** nftables matches for the packets that a machine's kernel drops. */
export interface Dropped {
  readonly incoming?: readonly string[];
  readonly outgoing?: readonly string[];
}

/** Adds nftables rules with which a machine drops packets, like a broken link. @returns function that removes the rules */
export async function drop(
  machine: Machine,
  { incoming = [], outgoing = [] }: Dropped,
): Promise<() => Promise<unknown>> {
  const chain = (name: string, hook: string, matches: readonly string[]) =>
    `chain ${name} { type filter hook ${hook} priority -350; ${matches.map((match) => `${match} drop;`).join(" ")} }`;
  const chains = [chain("incoming", "prerouting", incoming), chain("outgoing", "output", outgoing)];
  const table = `table inet fault {\n${chains.join("\n")}\n}`;
  await machine.exec(["nft", table]);
  return () => machine.exec(["nft", "delete table inet fault"]);
}
