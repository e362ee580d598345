import type { Machine } from "../../../lab/machine/machine.js";

/** Matches what comes from a machine by the private network. */
export const from = ({ host }: Machine): string => `ip saddr ${host.privateIpv4}`;
/** Matches what goes to it. */
export const to = ({ host }: Machine): string => `ip daddr ${host.privateIpv4}`;

/** What a machine's kernel drops, as matches of nftables, of what comes in and what goes out. */
export interface Dropped {
  readonly incoming?: readonly string[];
  readonly outgoing?: readonly string[];
}

/** Has a machine drop packets, as a broken link does. @returns how that ends */
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
