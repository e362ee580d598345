import { addresses } from "../../../platform/addresses.js";
import type { ResolvedRule } from "../../../derived/traffic/resolve.js";

/** nftables variable with the server's private address, defined in files/own-address.nft.hbs. */
const ownAddress = "$own_address";

const set = (items: readonly (string | number)[]): string => `{ ${items.join(", ")} }`;
const isEverywhere = (peers: readonly string[]): boolean =>
  peers.some((peer) => addresses.everywhere.some((all) => all === peer));
const isIpv6 = (address: string): boolean => address.includes(":");

/** Returns the nftables match of a rule's protocol and ports for one IP family. */
function service(rule: ResolvedRule, family: "ip" | "ip6"): string {
  if (rule.protocol !== "icmp") return `${rule.protocol} dport ${set(rule.ports)}`;
  return family === "ip" ? "icmp type echo-request" : "icmpv6 type echo-request";
}

/** Returns the nftables match of the peers' addresses for one IP family, or `undefined` if the rule has no peer of this family. */
function otherSide(rule: ResolvedRule, family: "ip" | "ip6", field: "saddr" | "daddr"): string | undefined {
  const peers = rule.peers.filter((peer) => isIpv6(peer) === (family === "ip6"));
  if (isEverywhere(peers)) return family === "ip" ? `ip ${field} != @not_internet` : `ip6 ${field} @internet6`;
  return peers.length > 0 ? `${family} ${field} ${set(peers)}` : undefined;
}

const joined = (parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join(" ");

const perFamily = (match: (family: "ip" | "ip6") => string | undefined): readonly string[] =>
  (["ip", "ip6"] as const).map(match).filter((text) => text !== undefined);

/**
 * Returns nftables matches of connections that peers may open to this server. A private rule matches only packets to
 * the server's private address. A public rule matches only packets to other addresses.
 */
export const inboundMatches = (rule: ResolvedRule): readonly string[] =>
  perFamily((family) => {
    const other = otherSide(rule, family, "saddr");
    const own = family === "ip" ? `ip daddr ${rule.network === "private" ? "" : "!= "}${ownAddress}` : undefined;
    return other && joined([other, own, service(rule, family)]);
  });

/** Returns the nftables expressions of connections that system users of this server may open. */
export const outboundMatches = (rule: ResolvedRule): readonly string[] =>
  perFamily((family) => {
    const other = otherSide(rule, family, "daddr");
    const who = rule.users ? `meta skuid ${set(rule.users.map((user) => `"${user}"`))}` : undefined;
    const own = rule.network === "private" && family === "ip" ? `ip saddr ${ownAddress}` : undefined;
    return other && joined([who, own, other, service(rule, family)]);
  });
